"""Opens gRPC channels to Google's services or their emulators.

Owns channels, credentials and retries, and imports the official packages' messages without the clients that come with
them: those take 0.1 s of every cold start, and wrap each message at several times its cost. Tests compare the RPCs with
those of the official clients.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any
from urllib.parse import urlencode

import orjson
from grpc import aio

EMULATOR_OWNER = ("authorization", "Bearer owner")  # an emulator lets its owner do everything
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# Retries while a service is unavailable (https://google.aip.dev/194), within the timeout of the call. Writes are not
# retried: Pub/Sub delivers their messages again.
_RETRY = {
    "name": [
        {"service": "google.pubsub.v1.Publisher"},
        {"service": "google.firestore.v1.Firestore", "method": "GetDocument"},
        {"service": "google.firestore.v1.Firestore", "method": "RunQuery"},
    ],
    "retryPolicy": {
        "maxAttempts": 5,
        "initialBackoff": "0.1s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    },
}
_OPTIONS = [
    ("grpc.max_receive_message_length", -1),  # a page of records may be larger than gRPC's usual 4 MiB
    ("grpc.service_config", orjson.dumps({"methodConfig": [_RETRY]}).decode()),
]


def messages(package: str) -> Any:  # noqa: ANN401  the classes in it are made by protobuf at run time
    """The module `types` of an official package, whose `__init__`, which imports the clients, is not run."""
    if package in sys.modules:
        return import_module(f"{package}.types")
    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(package)
    sys.modules[package] = module_from_spec(spec)  # as the parent of `types`
    try:
        return import_module(f"{package}.types")
    finally:
        del sys.modules[package]  # an import of the package itself gets all of it


def channel(host: str, emulator: str | None) -> aio.Channel:
    """A channel to the service at `host`, with the function's own identity, or to the emulator at host:port."""
    if emulator is not None:
        return aio.insecure_channel(emulator, _OPTIONS)
    from google.api_core.grpc_helpers_async import create_channel  # noqa: PLC0415  half a start, unused with emulators

    secure: aio.Channel = create_channel(f"{host}:443", default_scopes=[_SCOPE], default_host=host, options=_OPTIONS)
    return secure


def routing(field: str, value: str) -> tuple[tuple[str, str], ...]:
    """The metadata by which Google's front end routes a request (https://google.aip.dev/client-libraries/4222)."""
    return (("x-goog-request-params", urlencode({field: value}, safe="/")),)
