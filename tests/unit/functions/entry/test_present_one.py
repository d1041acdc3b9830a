"""Tests GET /data/{id}: the record, the wait for it, and dead letters."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from starlette.responses import Response

import present
from dataapi.errors import Unavailable
from dataapi.messages import dead_letter
from dataapi.messages.push import Delivery
from dataapi.records import record
from dataapi.records.record import Record
from tests.support.functions import clock
from tests.support.functions.calls import answer, assert_error, content, identity, request
from tests.support.functions.deployed import Deployment
from tests.support.functions.examples import claims_of, record_of

USER = "ada@accounts.google.com"
ADA = identity(claims_of("ada", "data.read"))
ABSENT = "f" * 32


async def get(target: str, headers: Mapping[str, str] | None = None) -> Response:
    return await answer(present.present, request("GET", target, {**ADA, **(headers or {})}))


async def saved(deployment: Deployment, user_id: str = USER) -> Record:
    own = record_of(user_id)
    await deployment.records.save(own)
    return own


async def test_a_record_is_shown_by_its_id(deployment: Deployment) -> None:
    own = await saved(deployment)
    for target in (f"/data/{own.id}", f"/data/{own.id}/"):
        response = await get(target)
        assert (200, record.public(own)) == (response.status_code, content(response))
        assert "preference-applied" not in response.headers


async def test_an_id_that_the_caller_does_not_have_is_404(deployment: Deployment) -> None:
    other = await saved(deployment, "bob@accounts.google.com")
    for record_id in (ABSENT, other.id):
        assert_error(await get(f"/data/{record_id}"), 404, "You have no record of this id, or not yet.")


async def test_a_malformed_id_is_404_without_a_read(subtests: pytest.Subtests, deployment: Deployment) -> None:
    for malformed in ("x", "F" * 32, "f" * 31, "f" * 33, "..", "f" * 31 + "\n", "%66" * 32):
        with subtests.test(id=malformed):
            assert_error(await get(f"/data/{malformed}"), 404, "an id is 32 hexadecimal digits")
    assert 0 == deployment.records.reads


async def test_a_record_that_is_on_its_way_is_waited_for(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = clock.replaced(monkeypatch)
    coming = record_of(USER)
    find = deployment.records.get

    async def find_later(user_id: str, record_id: str) -> Record | None:
        if time.now > 1_003:
            await deployment.records.save(coming)
        return await find(user_id, record_id)

    monkeypatch.setattr(deployment.records, "get", find_later)
    response = await get(f"/data/{coming.id}", {"prefer": "wait=5"})
    assert (200, coming.id) == (response.status_code, content(response)["id"])
    assert "wait=5" == response.headers["preference-applied"]
    assert 1_003 < time.now < 1_004


@pytest.mark.parametrize(("prefer", "seconds"), [("wait=5", 5), ("wait=10", 10), ("wait=600", 10)])
async def test_a_record_that_never_comes_is_404_after_the_wait_and_ten_seconds_at_most(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, prefer: str, seconds: float
) -> None:
    time = clock.replaced(monkeypatch)
    assert_error(await get(f"/data/{ABSENT}", {"prefer": prefer}), 404, "or not yet. Send Prefer: wait=10")
    assert 1_000 + seconds - 0.5 <= time.now <= 1_000 + seconds
    assert 2 < deployment.records.reads < 40


@pytest.mark.parametrize("prefer", ["", "wait=0", "respond-async"])
async def test_without_a_wait_there_is_one_read(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, prefer: str
) -> None:
    time = clock.replaced(monkeypatch)
    assert_error(await get(f"/data/{ABSENT}", {"prefer": prefer}), 404, "You have no record")
    assert (1_000, 1) == (time.now, deployment.records.reads)


async def dead_letter_of(deployment: Deployment, user_id: str = USER) -> str:
    """The id of a record that is a dead letter."""
    own = record_of(user_id)
    message = record.message(record.receipt(own.id, own.created_at), user_id, b'{"a": [[1]]}')
    await deployment.dead_letters.save(dead_letter.read(Delivery("7", None, {}, message), None))
    return own.id


async def test_a_dead_letter_is_410_with_the_reason_which_no_cache_may_keep(deployment: Deployment) -> None:
    response = await get(f"/data/{await dead_letter_of(deployment)}")
    reason = "Firestore would reject it: is an array in an array; put an object between them"
    assert_error(response, 410, f"is on the dead-letter list: {reason}. Ask the operator of this API")
    assert "no-store" == response.headers["cache-control"]


async def test_a_dead_letter_of_another_user_is_404_as_without_one(deployment: Deployment) -> None:
    foreign = await dead_letter_of(deployment, "bob@accounts.google.com")
    answers = [await get(f"/data/{value}") for value in (foreign, ABSENT)]
    assert [404, 404] == [answer.status_code for answer in answers]
    assert content(answers[0]) == content(answers[1])


async def test_a_stored_record_is_returned_without_a_read_of_dead_letters(deployment: Deployment) -> None:
    own_id = await dead_letter_of(deployment)
    await deployment.records.save(replace(record_of(USER), id=own_id))
    assert 200 == (await get(f"/data/{own_id}")).status_code
    assert 0 == deployment.dead_letters.reads


async def test_a_record_that_is_replayed_is_on_its_way_again(deployment: Deployment) -> None:
    own_id = await dead_letter_of(deployment)
    deployment.dead_letters.documents[dead_letter.id_of_record(USER, own_id)].is_replayed = True
    assert_error(await get(f"/data/{own_id}"), 404, "You have no record of this id, or not yet.")


async def test_a_wait_ends_when_the_record_becomes_a_dead_letter(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = clock.replaced(monkeypatch)
    own_id = await dead_letter_of(deployment)
    letters, deployment.dead_letters.documents = deployment.dead_letters.documents, {}
    tell = deployment.dead_letters.reason_for

    async def tell_later(user_id: str, record_id: str) -> str | None:
        deployment.dead_letters.documents = letters if time.now > 1_003 else {}
        return await tell(user_id, record_id)

    monkeypatch.setattr(deployment.dead_letters, "reason_for", tell_later)
    assert 410 == (await get(f"/data/{own_id}", {"prefer": "wait=10"})).status_code
    assert 1_003 < time.now < 1_004


async def test_while_dead_letters_are_unavailable_reading_is_503(deployment: Deployment) -> None:
    deployment.dead_letters.error = Unavailable()
    assert_error(await get(f"/data/{ABSENT}"), 503, "Temporarily unavailable.")


async def test_the_answer_names_the_wait_that_was_applied(deployment: Deployment) -> None:
    own = await saved(deployment)
    granted = {"wait=600": "wait=10", "wait=0": "wait=0"}
    headers = {prefer: (await get(f"/data/{own.id}", {"prefer": prefer})).headers for prefer in granted}
    assert granted == {prefer: values["preference-applied"] for prefer, values in headers.items()}
