"""Holds what the commands touch besides their arguments: Google, other programs, the project's folder, time.

Owns the one seam where a test puts something else in place: the object of click's context.
"""

import os
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from data_api.ops import credentials
from data_api.ops.google_api import ADDRESS
from data_api.shared.programs import CompletedProgram, run

if TYPE_CHECKING:
    from google.cloud.firestore import Client

    from data_api.ops.drill.documents import Database


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _addresses_of(host: str) -> frozenset[str]:
    """The IP addresses of a host name; none if it has none."""
    try:
        return frozenset(str(address[0]) for *_, address in socket.getaddrinfo(host, None))
    except OSError:
        return frozenset()


def _reader(authorization: credentials.Authorization) -> "Callable[[str], Database]":
    from data_api.ops.drill import documents  # noqa: PLC0415 - Firestore's client takes a second to import

    client = documents.client(authorization.credentials)
    return lambda name: documents.Database(client, name)


def _firestore(authorization: credentials.Authorization, project: str, database: str) -> "Client":
    from data_api.ops import firestore_client  # noqa: PLC0415 - as above

    return firestore_client.connect(authorization.credentials, project, database)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The world as it is, unless a test says otherwise."""

    address: str = ADDRESS  # of Google's services, by their names
    authorization: Callable[[str], credentials.Authorization] = (
        credentials.authorization
    )  # of a service account to act as, or of ""
    reader: "Callable[[credentials.Authorization], Callable[[str], Database]]" = _reader  # of databases, by their names
    firestore: "Callable[[credentials.Authorization, str, str], Client]" = _firestore  # of a project's database
    root: Path = Path(__file__).resolve().parents[3]  # where Pulumi.yaml is
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    pause: Callable[[float], None] = time.sleep  # seconds
    addresses_of: Callable[[str], frozenset[str]] = _addresses_of  # of a host name, by DNS
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    is_terminal: Callable[[], bool] = _is_terminal  # whether a person can answer questions

    def run(self, command: Sequence[str], variables: Mapping[str, str] | None = None) -> CompletedProgram:
        """Runs a program in the project's folder to its end, with nothing on its standard input.

        `variables` are added to its environment.
        """
        return run(command, folder=self.root, environ={**self.environ, **(variables or {})})
