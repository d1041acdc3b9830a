"""Tests DELETE /data/{id}: what it deletes, and what it leaves."""

import json
from collections.abc import Mapping

import pytest
from starlette.responses import Response

import delete
from dataapi.errors import Unavailable
from dataapi.messages.dead_letter import DeadLetter, Failure, id_of_record
from tests.support.functions.calls import answer, assert_error, identity, request
from tests.support.functions.deployed import Deployment, deployed
from tests.support.functions.examples import NOON, claims_of, record_of

USER = "ada@accounts.google.com"
ADA = identity(claims_of("ada", "data.write"))
ID = "f" * 32


async def remove(target: str, caller: Mapping[str, str] = ADA) -> Response:
    return await answer(delete.delete, request("DELETE", target, caller))


async def test_a_record_is_deleted_and_a_second_call_changes_nothing(deployment: Deployment) -> None:
    await deployment.records.save(own := record_of(USER))
    assert 204 == (await remove(f"/data/{own.id}")).status_code
    after = {**deployment.records.changes}
    assert ({}, None) == (deployment.records.documents, after[USER, own.id].record)
    assert 204 == (await remove(f"/data/{own.id}/")).status_code
    assert after == deployment.records.changes
    line = {"severity": "INFO", "message": "deleted", "id": own.id}
    assert [line, line] == deployment.lines()


async def test_the_record_of_another_user_is_not_touched(deployment: Deployment) -> None:
    await deployment.records.save(other := record_of("bob@accounts.google.com"))
    letter = DeadLetter(id_of_record(other.user_id, other.id), b"", {}, "", other.user_id, other.id, failure())
    await deployment.dead_letters.save(letter)
    assert 204 == (await remove(f"/data/{other.id}")).status_code
    assert other == await deployment.records.get(other.user_id, other.id)
    assert 1 == len(deployment.dead_letters.documents)


async def test_the_dead_letters_of_the_record_go_too(deployment: Deployment) -> None:
    for data in (b"one", b"other"):
        await deployment.dead_letters.save(DeadLetter(id_of_record(USER, ID), data, {}, "", USER, ID, failure()))
    assert 2 == len(deployment.dead_letters.documents)
    assert 204 == (await remove(f"/data/{ID}")).status_code
    assert {} == deployment.dead_letters.documents


@pytest.mark.parametrize("target", ["/data/x", f"/data/{'F' * 32}"])
async def test_a_malformed_id_is_404(target: str, deployment: Deployment) -> None:
    assert_error(await remove(target), 404, "an id is 32 hexadecimal digits")
    assert {} == deployment.records.changes


async def test_what_is_not_allowed_deletes_nothing(deployment: Deployment) -> None:
    assert_error(await remove(f"/data/{ID}", identity(claims_of("ada", "data.read"))), 403, "data.write")
    problem = {"field": "user", "problem": "is not a parameter here"}
    assert_error(await remove(f"/data/{ID}?user=bob"), 400, "Fix the parameters", [problem])
    assert {} == deployment.records.changes


async def test_while_storage_is_unavailable_it_is_503(deployment: Deployment) -> None:
    deployment.tombstones.error = Unavailable()
    assert_error(await remove(f"/data/{ID}"), 503, "Temporarily unavailable")


async def test_deletions_count_for_the_rate_limit_of_writes() -> None:
    with deployed(LIMITS=json.dumps({"data.write": {"rate": 0.001, "burst": 1}})):
        assert [204, 429] == [(await remove(f"/data/{ID}")).status_code for _ in range(2)]


def failure() -> Failure:
    return Failure("7", NOON, 20, "a reason")
