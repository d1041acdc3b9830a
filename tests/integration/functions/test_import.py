"""Importing an entry file has no side effects; tested in a separate interpreter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataapi.gcp import settings

FUNCTIONS = Path(settings.__file__).parents[2]
VARIABLES = sorted(value for name, value in vars(settings).items() if name.isupper() and not name.startswith("_"))

# `socket.bind` is not watched: urllib3 asks in this way whether there is IPv6, without leaving the machine.
PROGRAM = """
import json, os, sys, threading

EVENTS = {"socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "os.exec",
          "os.fork", "os.posix_spawn"}
folder, variables, modules = json.loads(sys.argv[1])
happened = []

class Watched(type(os.environ)):
    def __getitem__(self, name):
        happened.extend([name] if name in variables else [])
        return super().__getitem__(name)

    def __contains__(self, name):
        happened.extend([name] if name in variables else [])
        return super().__contains__(name)

os.environ.__class__ = Watched
sys.addaudithook(lambda event, _: happened.append(event) if event in EVENTS else None)
sys.path.append(folder)
for module in modules:
    __import__(module)
at_import = [*happened]
os.environ.get(variables[0])
sys.audit("socket.connect")
print(json.dumps({"atImport": at_import, "later": happened[len(at_import):], "threads": threading.active_count()}))
"""


def test_importing_the_entry_files_reads_no_setting_opens_no_connection_and_starts_nothing() -> None:
    argument = json.dumps(
        [str(FUNCTIONS), VARIABLES, ["dead_letter", "delete", "generate", "persist", "present", "probe", "web"]]
    )
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, argument], capture_output=True, check=True, text=True, timeout=60
    )
    later = [VARIABLES[0], "socket.connect"]  # what the program does at its end, to show that it sees such things
    assert {"atImport": [], "later": later, "threads": 1} == json.loads(run.stdout)
    assert "" == run.stderr


# What a function may import beside the standard library, the Functions Framework and its own `dataapi`. Each of these
# is part of every cold start: measure it before you add one (make bench).
PROTOBUF = {"google.protobuf", "grpc", "orjson", "proto"}
FIRESTORE = PROTOBUF | {"google.cloud.firestore_v1.types", "google.rpc", "google.type"}
IMPORTED = {
    "dead_letter": FIRESTORE,
    "generate": PROTOBUF | {"google.pubsub_v1.types", "jsonschema_rs"},
    "persist": FIRESTORE,
    "present": FIRESTORE,
    "probe": {  # nobody waits for its start
        *("certifi", "charset_normalizer", "cryptography", "google.auth", "google.oauth2", "idna", "requests"),
        *("orjson", "urllib3"),
    },
    "web": {"orjson"},
}

SERVING = """
import asyncio, json, os, sys
sys.path += json.loads(sys.argv[1])
from tests.support.functions import calls
import generate, persist, present
os.environ |= {"GOOGLE_CLOUD_PROJECT": "p", "TOPIC": "t", "DATABASE": "d"}
asked = [(generate.generate, "POST", "/data"), (persist.persist, "POST", "/"), (present.present, "GET", "/data")]
statuses = [asyncio.run(calls.answer(entry, calls.request(method, path))).status_code for entry, method, path in asked]
print(json.dumps([statuses, sorted(name for name in sys.modules if name.startswith(("opentelemetry", "requests")))]))
"""


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:9"])
def test_opentelemetry_is_loaded_only_with_traces_on(endpoint: str) -> None:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    run = subprocess.run(
        [sys.executable, "-c", SERVING, json.dumps([str(FUNCTIONS), str(FUNCTIONS.parent)])],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
        env=surroundings | {settings.OTLP_ENDPOINT: endpoint},
    )
    statuses, loaded = json.loads(run.stdout.splitlines()[-1])
    assert [401, 422, 401] == statuses
    assert bool(endpoint) == ("opentelemetry.sdk.trace" in loaded)
    assert bool(endpoint) == bool(loaded)


LISTING = """
import json, sys
import functions_framework.aio
before = set(sys.modules)
sys.path.append(sys.argv[1])
__import__(sys.argv[2])
new = set(sys.modules) - before
print(json.dumps([name for name in new if name.split(".")[0] not in sys.stdlib_module_names]))
"""


@pytest.mark.parametrize("function", IMPORTED)
def test_a_function_imports_what_it_uses_and_none_of_the_generated_clients(function: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LISTING, str(FUNCTIONS), function],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    own = {function, "dataapi", "cython_runtime", "google._upb"}
    public = [module for module in json.loads(run.stdout) if not module.startswith("_")]
    assert IMPORTED[function] == {_package(module) for module in public} - own


def _package(module: str) -> str:
    """The package of a module: two levels for Google's namespace package, one for others."""
    parts = module.split(".")
    if parts[0] != "google":
        return parts[0]
    return ".".join(parts[:4] if parts[1] == "cloud" else parts[: 3 if parts[1] == "pubsub_v1" else 2])
