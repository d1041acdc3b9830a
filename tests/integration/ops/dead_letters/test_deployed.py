"""`data-api dead-letters` for a deployed stack: a Google API with canned answers, and a Pulumi that the test writes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from data_api.ops.dead_letters.commands import dead_letters
from data_api.ops.dependencies import Dependencies
from tests.support.servers import google_server
from tests.support.servers.google_server import GoogleServer, refusal


@pytest.fixture
def google() -> Iterator[GoogleServer]:
    with google_server.google_server() as server:
        yield server


@pytest.fixture
def deployed(google: GoogleServer, tmp_path: Path) -> Dependencies:
    """A machine with a credential, and a `pulumi` that knows of a stack."""
    outputs = {"project": "a-project", "database": "data-api-prod", "topic": "data-api-prod-records"}
    program = tmp_path / "pulumi"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(outputs)}'\n")
    program.chmod(0o755)
    return Dependencies(
        address=google.address,
        authorization=google_server.authorization,
        root=tmp_path,
        environ={"PATH": f"{tmp_path}:/bin:/usr/bin"},
        pause=lambda _: None,
    )


DOCUMENTS = "firestore/v1/projects/a-project/databases/data-api-prod/documents"
DEAD_LETTER = {
    "name": f"projects/a-project/databases/data-api-prod/documents/deadLetters/{'a' * 32}",
    "updateTime": "2026-01-31T12:00:00.123456789Z",
    "fields": {
        "reason": {"stringValue": "Firestore rejected the write"},
        "attempts": {"integerValue": "20"},
        "firstAt": {"timestampValue": "2026-01-31T12:00:00Z"},
        "lastAt": {"timestampValue": "2026-01-31T12:00:00Z"},
        "replays": {"integerValue": "0"},
        "replayedAt": {"nullValue": None},
        "expiresAt": {"nullValue": None},
        "userId": {"stringValue": "ada@accounts.google.com"},
        "recordId": {"stringValue": "b" * 32},
        "subscription": {"stringValue": "data-api-prod-records-push"},
        "size": {"integerValue": "2"},
        "whole": {"booleanValue": True},
        "message": {"mapValue": {"fields": {"data": {"bytesValue": "e30="}, "attributes": {"arrayValue": {}}}}},
    },
}


def answers(google: GoogleServer) -> None:
    google.answers |= {
        ("GET", "oauth2/tokeninfo"): {"email": "operator@example.com"},
        ("POST", f"{DOCUMENTS}:batchGet"): [{"found": DEAD_LETTER}],
        ("POST", f"{DOCUMENTS}:commit"): {"writeResults": [{}]},
        ("POST", f"{DOCUMENTS}:batchWrite"): {"writeResults": [{}], "status": [{}]},
        ("POST", "pubsub/v1/projects/a-project/topics/data-api-prod-records:publish"): {"messageIds": ["1"]},
    }


def replayed(dependencies: Dependencies) -> Result:
    return CliRunner().invoke(dead_letters, ["replay", "a" * 32, "--stack", "prod"], obj=dependencies)


def test_dead_letters_of_a_deployment_are_replayed_and_logged_with_the_account_of_the_credential(
    google: GoogleServer, deployed: Dependencies
) -> None:
    answers(google)
    assert (0, "1 dead letter replayed.\n") == ((result := replayed(deployed)).exit_code, result.stdout)
    posted = [call.path.rpartition(":")[2] for call in google.calls if call.method == "POST"]
    assert ["batchGet", "batchGet", "commit", "publish", "batchWrite"] == posted
    assert {f"Bearer {google_server.TOKEN}"} == {call.authorization for call in google.calls}
    (entry,) = next(call.body["writes"] for call in google.calls if call.path.endswith(":commit"))
    assert {"stringValue": "operator@example.com"} == entry["update"]["fields"]["actor"]
    (mark,) = next(call.body["writes"] for call in google.calls if call.path.endswith(":batchWrite"))
    assert {"updateTime": DEAD_LETTER["updateTime"]} == mark["currentDocument"]


def test_nothing_is_replayed_if_the_log_cannot_be_written(google: GoogleServer, deployed: Dependencies) -> None:
    answers(google)
    google.answers["POST", f"{DOCUMENTS}:commit"] = refusal(403, "PERMISSION_DENIED", "Missing permission.")
    result = replayed(deployed)
    assert (1, True) == (
        result.exit_code,
        "firestore.googleapis.com rejected the request: Missing permission." in result.stderr,
    )
    assert [] == [call for call in google.calls if call.path.endswith((":publish", ":batchWrite"))]


def test_a_dead_letter_that_cannot_be_published_is_not_marked_as_replayed(
    google: GoogleServer, deployed: Dependencies
) -> None:
    answers(google)
    publish = "pubsub/v1/projects/a-project/topics/data-api-prod-records:publish"
    google.answers["POST", publish] = refusal(403, "PERMISSION_DENIED", "User not authorized.")
    assert 1 == replayed(deployed).exit_code
    assert [] == [call for call in google.calls if call.path.endswith(":batchWrite")]


def test_an_error_of_the_update_after_a_replay_is_reported(google: GoogleServer, deployed: Dependencies) -> None:
    answers(google)
    status = [{"code": 7, "message": "Missing permission"}]
    google.answers["POST", f"{DOCUMENTS}:batchWrite"] = {"writeResults": [{}], "status": status}
    result = replayed(deployed)
    assert (1, True) == (
        result.exit_code,
        "Firestore did not change the dead letters: Missing permission." in result.stderr,
    )


def test_a_credential_without_an_email_is_logged_with_the_local_user_and_host(
    google: GoogleServer, deployed: Dependencies
) -> None:
    answers(google)
    del google.answers["GET", "oauth2/tokeninfo"]
    assert 0 == replayed(deployed).exit_code
    (entry,) = next(call.body["writes"] for call in google.calls if call.path.endswith(":commit"))
    assert " on " in entry["update"]["fields"]["actor"]["stringValue"]


def test_a_stack_without_outputs_is_reported(deployed: Dependencies, tmp_path: Path) -> None:
    (tmp_path / "pulumi").write_text("#!/bin/sh\necho '{}'\n")
    result = CliRunner().invoke(dead_letters, ["list", "--stack", "prod"], obj=deployed)
    assert (1, True) == (
        result.exit_code,
        "The stack prod has no output project and database and topic" in result.stderr,
    )
