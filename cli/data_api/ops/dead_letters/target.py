"""Says where dead letters are: in the local stack, as its state.json tells, or in a deployment, as Pulumi knows it.

Owns who is said to act, which every replay and discard is logged with.
"""

import getpass
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from data_api.ops import pulumi_cli
from data_api.ops.credentials import Authorization
from data_api.ops.dependencies import Dependencies
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google, connected
from data_api.shared.errors import CliError

_HOME = "DATA_API_HOME"  # what local/ puts its folder .data-api into; the project itself where it is not set
_TIMEOUT = httpx.Timeout(60, connect=5)  # seconds without a byte


@dataclass(frozen=True, slots=True)
class Target:
    """Where the dead letters are, and where they are published again."""

    firestore: Google
    pubsub: Google
    database: str  # projects/{project}/databases/{database}
    topic: str  # projects/{project}/topics/{topic}
    actor: str


@contextmanager
def target(dependencies: Dependencies, stack: str | None, port: int) -> Iterator[Target]:
    """The deployment of a stack, or the local stack on a port; raises CliError if it does not exist."""
    with _deployed(dependencies, stack) if stack else _local(dependencies, port) as chosen:
        yield chosen


@contextmanager
def _deployed(dependencies: Dependencies, stack: str) -> Iterator[Target]:
    said = pulumi_cli.outputs(dependencies, stack)
    if missing := [each for each in ("project", "database", "topic") if each not in said]:
        raise CliError(
            f"The stack {stack} has no output {' and '.join(missing)}: `pulumi up --stack {stack}` creates it."
        )
    authorization = dependencies.authorization("")
    with connected(authorization, dependencies.pause, dependencies.address) as google:
        actor = _account(authorization, google) or _person()
        yield _place(google, google, said, actor)


@contextmanager
def _local(dependencies: Dependencies, port: int) -> Iterator[Target]:
    folder = Path(dependencies.environ.get(_HOME) or dependencies.root) / ".data-api" / str(port)
    nobody = f"No local stack runs on port {port}: start it with `data-api up --port {port}`, or name another --port."
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        hosts = [state["emulators"][f"{name}_EMULATOR_HOST"] for name in ("FIRESTORE", "PUBSUB")]
        names: dict[str, Any] = state["names"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CliError(nobody) from error
    # The emulators let this caller do everything; no proxy is asked for this machine.
    with httpx.Client(headers={"authorization": "Bearer owner"}, timeout=_TIMEOUT, trust_env=False) as client:
        firestore, pubsub = (Google(client, f"http://{host}", dependencies.pause) for host in hosts)
        try:
            yield _place(firestore, pubsub, names, _person())
        except GoogleError as error:
            if error.status:
                raise
            raise CliError(nobody) from error


def _place(firestore: Google, pubsub: Google, names: dict[str, Any], actor: str) -> Target:
    project = f"projects/{names['project']}"
    return Target(
        firestore, pubsub, f"{project}/databases/{names['database']}", f"{project}/topics/{names['topic']}", actor
    )


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
