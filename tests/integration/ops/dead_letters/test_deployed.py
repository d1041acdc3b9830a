"""The commands for dead letters of a deployment: Firestore is the emulator behind a proxy, `pulumi` a script."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from click.testing import CliRunner, Result
from google.cloud.firestore import Client
from google.cloud.firestore_v1.types import BatchWriteResponse

from data_api.ops import firestore_client
from data_api.ops.dead_letters.commands import dead_letters
from data_api.ops.dependencies import Dependencies
from tests.support.functions.adapters import PROJECT, Emulator
from tests.support.functions.examples import NOON
from tests.support.servers import google_server
from tests.support.servers.firestore_proxy import FirestoreProxy, firestore_proxy
from tests.support.servers.google_server import GoogleServer, refusal

ID = "a" * 32
PUBLISH = f"pubsub/v1/projects/{PROJECT}/topics/records:publish"
DEAD_LETTER = {
    "reason": "Firestore rejected the write",
    "attempts": 20,
    "firstAt": NOON,
    "lastAt": NOON,
    "replays": 0,
    "replayedAt": None,
    "expiresAt": None,
    "userId": "ada@accounts.google.com",
    "recordId": "b" * 32,
    "subscription": "data-api-prod-records-push",
    "size": 2,
    "whole": True,
    "message": {"data": b"{}", "attributes": []},
}


@pytest.fixture
def google() -> Iterator[GoogleServer]:
    with google_server.google_server() as server:
        server.answers |= {
            ("GET", "oauth2/tokeninfo"): {"email": "operator@example.com"},
            ("POST", PUBLISH): {"messageIds": ["1"]},
        }
        yield server


@pytest.fixture
def proxy(firestore: Emulator) -> Iterator[FirestoreProxy]:
    with firestore_proxy(firestore.host) as running:
        yield running


@pytest.fixture
def database(firestore: Emulator) -> Client:
    """A database with one dead letter."""
    client = firestore_client.connect_emulator(firestore.host, PROJECT, f"deployed-{uuid4().hex}")
    client.collection("deadLetters").document(ID).create(DEAD_LETTER)
    return client


@pytest.fixture
def deployed(google: GoogleServer, proxy: FirestoreProxy, database: Client, tmp_path: Path) -> Dependencies:
    """A machine with a credential, and a `pulumi` that knows a stack."""
    outputs = {"project": PROJECT, "database": database._database, "topic": "records", "deadLetters": "copies"}  # noqa: SLF001 - not public
    program = tmp_path / "pulumi"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(outputs)}'\n")
    program.chmod(0o755)
    return Dependencies(
        address=google.address,
        authorization=google_server.authorization,
        firestore=lambda _authorization, *names: firestore_client.connect_emulator(proxy.host, *names),
        root=tmp_path,
        environ={"PATH": f"{tmp_path}:/bin:/usr/bin"},
        pause=lambda _: None,
    )


def run(dependencies: Dependencies, *arguments: str) -> Result:
    return CliRunner().invoke(dead_letters, [*arguments, "--stack", "prod"], obj=dependencies)


def deny(context: grpc.ServicerContext) -> bytes:
    context.abort(grpc.StatusCode.PERMISSION_DENIED, "Missing permission.")


def replayed_at(database: Client) -> object:
    return database.collection("deadLetters").document(ID).get().get("replayedAt")


def test_a_deployments_dead_letter_is_replayed_and_logged_with_the_operators_address(
    google: GoogleServer, deployed: Dependencies, database: Client
) -> None:
    result = run(deployed, "replay", ID)
    assert (0, "1 dead letter replayed.\n") == (result.exit_code, result.stdout)
    (published,) = [call for call in google.calls if call.method == "POST"]
    assert (PUBLISH, f"Bearer {google_server.TOKEN}") == (published.path, published.authorization)
    (entry,) = database.collection("deadLetterLog").stream()
    assert ("operator@example.com", [ID]) == (entry.get("actor"), entry.get("deadLetters"))
    assert replayed_at(database) is not None


def test_nothing_is_replayed_that_cannot_be_logged(
    google: GoogleServer, proxy: FirestoreProxy, deployed: Dependencies, database: Client
) -> None:
    proxy.answers["Commit"] = deny
    result = run(deployed, "replay", ID)
    message = "firestore.googleapis.com rejected the request: Missing permission."
    assert (4, True) == (result.exit_code, message in result.stderr)
    assert [] == [call for call in google.calls if call.method == "POST"]
    assert replayed_at(database) is None


def test_a_dead_letter_that_cannot_be_published_is_not_marked(
    google: GoogleServer, deployed: Dependencies, database: Client
) -> None:
    google.answers["POST", PUBLISH] = refusal(403, "PERMISSION_DENIED", "User not authorized.")
    assert 4 == run(deployed, "replay", ID).exit_code
    assert replayed_at(database) is None


def test_a_mark_that_fails_without_a_change_of_the_dead_letter_is_an_error(
    proxy: FirestoreProxy, deployed: Dependencies
) -> None:
    response = BatchWriteResponse(write_results=[{}], status=[{"code": 7, "message": "Missing permission"}])
    proxy.answers["BatchWrite"] = lambda _context: BatchWriteResponse.serialize(response)
    result = run(deployed, "replay", ID)
    message = "Firestore did not change the dead letters: Missing permission."
    assert (1, True) == (result.exit_code, message in result.stderr)


def test_an_operator_without_an_address_is_logged_with_user_and_machine(
    google: GoogleServer, deployed: Dependencies, database: Client
) -> None:
    del google.answers["GET", "oauth2/tokeninfo"]
    assert 0 == run(deployed, "replay", ID).exit_code
    (entry,) = database.collection("deadLetterLog").stream()
    assert " on " in entry.get("actor")


def test_a_stack_that_is_not_deployed_is_named(deployed: Dependencies, tmp_path: Path) -> None:
    (tmp_path / "pulumi").write_text("#!/bin/sh\necho '{}'\n")
    result = run(deployed, "list")
    assert (1, True) == (
        result.exit_code,
        "The stack prod has no output project and database and topic and deadLetters" in result.stderr,
    )
