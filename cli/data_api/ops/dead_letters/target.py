"""Finds the dead letters of the local stack, through its state.json, or of a deployment, through its Pulumi outputs.

Owns the name of the operator, which is in the log entry of every replay and discard.
"""

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx
from google.cloud.firestore import Client

from data_api.ops import firestore_client, pulumi_cli
from data_api.ops.credentials import Authorization
from data_api.ops.dependencies import Dependencies
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google, connected
from data_api.shared import ports, stack_state
from data_api.shared.errors import CliError, ExitCode

_NAMES = ("project", "database", "topic", "deadLetters")  # outputs of the stack
_TIMEOUT = httpx.Timeout(60, connect=5)  # seconds without a byte


@dataclass(frozen=True, slots=True)
class Target:
    """Where the dead letters are, and where they are published again."""

    firestore: Client
    pubsub: Google
    topic: str  # projects/{project}/topics/{topic}
    subscription: str  # projects/{project}/subscriptions/{subscription}: retains a copy of each dead letter
    actor: str


@contextmanager
def target(dependencies: Dependencies, stack: str | None, port: int) -> Iterator[Target]:
    """The deployment of a stack, or the local stack on a port; raises CliError if it does not exist."""
    with (
        _deployed(dependencies, stack) if stack else _local(dependencies, port) as chosen,
        firestore_client.cli_errors(),
    ):
        yield chosen


@contextmanager
def _deployed(dependencies: Dependencies, stack: str) -> Iterator[Target]:
    outputs = pulumi_cli.outputs(dependencies, stack)
    if missing := [name for name in _NAMES if name not in outputs]:
        raise CliError(
            f"The stack {stack} has no output {' and '.join(missing)}: `pulumi up --stack {stack}` creates it."
        )
    project, database, topic, subscription = (str(outputs[name]) for name in _NAMES)
    authorization = dependencies.authorization("")
    with connected(authorization, dependencies.pause, dependencies.address) as google:
        actor = _account(authorization, google) or _person()
        firestore = dependencies.firestore(authorization, project, database)
        parent = f"projects/{project}"
        yield Target(firestore, google, f"{parent}/topics/{topic}", f"{parent}/subscriptions/{subscription}", actor)


@contextmanager
def _local(dependencies: Dependencies, port: int) -> Iterator[Target]:
    state = stack_state.read(stack_state.home(dependencies.environ) / str(port))
    hosts = [state.emulators.get(f"{name}_EMULATOR_HOST", "") for name in ("FIRESTORE", "PUBSUB")] if state else []
    if state is None or not all(map(_listens, hosts)):
        raise CliError(
            f"No local stack runs on port {port}: start it with `data-api up --port {port}`, or name another --port.",
            ExitCode.UNAVAILABLE,
        )
    firestore_host, pubsub_host = hosts
    project, database, topic = (state.names[name] for name in ("project", "database", "topic"))
    subscription = f"projects/{project}/subscriptions/{state.names['deadLetterSubscription']}"
    # The emulator lets this caller do everything; no proxy is asked for this machine.
    with httpx.Client(headers={"authorization": "Bearer owner"}, timeout=_TIMEOUT, trust_env=False) as client:
        pubsub = Google(client, f"http://{pubsub_host}", dependencies.pause)
        firestore = firestore_client.connect_emulator(firestore_host, project, database)
        yield Target(firestore, pubsub, f"projects/{project}/topics/{topic}", subscription, _person())


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return port.isdecimal() and ports.accepts(host, int(port))


def _account(authorization: Authorization, google: Google) -> str:
    """The e-mail address that Google knows the credential by; nothing where it does not say."""
    if authorization.account:
        return authorization.account
    token = authorization.headers().get("authorization", "").removeprefix("Bearer ")
    with suppress(GoogleError):
        token_info = google.change("GET", "oauth2", "/tokeninfo", parameters={"access_token": token})
        return str(token_info.get("email", ""))
    return ""


def _person() -> str:
    """Who has the terminal; `getuser` finds no name for a number that no list of users has."""
    with suppress(OSError, KeyError):
        return f"{getpass.getuser()} on {socket.gethostname()}"
    return f"somebody on {socket.gethostname()}"
