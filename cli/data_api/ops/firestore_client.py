"""Connects the official Firestore client to a database in the cloud or in the emulator.

Owns the import, which takes more than a second, and the error message for a failed RPC.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from google.api_core.exceptions import GoogleAPIError
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore import Client

from data_api.shared.errors import CliError, ExitCode, exit_code_of_status

_EMULATOR = "FIRESTORE_EMULATOR_HOST"  # the only way to give the client an emulator's address


def connect(credentials: Credentials, project: str, database: str) -> Client:
    """The client of a database in the cloud."""
    return Client(project=project, credentials=credentials, database=database)


def connect_emulator(host: str, project: str, database: str) -> Client:
    """The client of a database in the emulator at host:port."""
    before = os.environ.get(_EMULATOR)
    os.environ[_EMULATOR] = host
    try:
        return Client(project=project, credentials=AnonymousCredentials(), database=database)  # type: ignore[no-untyped-call]  # google-auth has no annotations
    finally:
        if before is None:
            del os.environ[_EMULATOR]
        else:
            os.environ[_EMULATOR] = before


@contextmanager
def cli_errors() -> Iterator[None]:
    """Raises CliError for an RPC that fails in the block."""
    try:
        yield
    except (GoogleAPIError, GoogleAuthError) as error:
        message = str(getattr(error, "message", "") or error).rstrip(".")
        raise CliError(f"firestore.googleapis.com rejected the request: {message}.", _exit_code(error)) from error


def _exit_code(error: Exception) -> ExitCode:
    if isinstance(error, GoogleAuthError):
        return ExitCode.NOT_SIGNED_IN
    status = getattr(error, "code", None)  # HTTP's, where Firestore has answered
    return exit_code_of_status(status) if status and status != HTTPStatus.BAD_REQUEST else ExitCode.OTHER
