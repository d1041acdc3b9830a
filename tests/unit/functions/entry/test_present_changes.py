"""Tests GET /data/changes: stored and deleted records of the caller, cursors, and the wait for a change."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from starlette.responses import Response

import present
from dataapi.errors import Unavailable
from dataapi.records import changes, record
from dataapi.records.change_order import at_the_end
from tests.support.functions.calls import answer, assert_error, content, identity, request
from tests.support.functions.deployed import Deployment, deployed
from tests.support.functions.examples import claims_of, record_of

USER = "ada@accounts.google.com"
ADA = identity(claims_of("ada", "data.read"))


async def get(query: str = "", headers: Mapping[str, str] | None = None) -> Response:
    return await answer(present.present, request("GET", f"/data/changes{query}", {**ADA, **(headers or {})}))


async def test_records_and_deletions_come_in_their_order_and_once(deployment: Deployment) -> None:
    first, second = record_of(USER), record_of(USER)
    for saved in (first, second, record_of("bob@accounts.google.com")):
        await deployment.records.save(saved)
    page = content(await get())
    stored = [{"id": own.id, "change": "stored", "record": record.public(own)} for own in (first, second)]
    assert stored == page["changes"]
    await deployment.tombstones.delete(USER, first.id)
    after = content(await get(f"?cursor={page['nextCursor']}"))
    assert [{"id": first.id, "change": "deleted"}] == after["changes"]
    assert [] == content(await get(f"?cursor={after['nextCursor']}"))["changes"]


async def test_a_page_has_at_most_so_many_changes(deployment: Deployment) -> None:
    records = [record_of(USER) for _ in range(5)]
    for own in records:
        await deployment.records.save(own)
    seen, cursor = list[str](), ""
    for _ in range(3):
        page = content(await get(f"?pageSize=2{cursor}"))
        seen += [change["id"] for change in page["changes"]]
        cursor = f"&cursor={page['nextCursor']}"
    assert [own.id for own in records] == seen


async def test_latest_begins_now(deployment: Deployment) -> None:
    await deployment.records.save(record_of(USER))
    page = content(await get("?cursor=latest", {"prefer": "wait=30"}))
    assert [] == page["changes"]
    await deployment.records.save(later := record_of(USER))
    after = content(await get(f"?cursor={page['nextCursor']}"))
    assert [later.id] == [change["id"] for change in after["changes"]]


@pytest.mark.parametrize("cursor", ["x", "A" * 56, "LATEST", ""])
async def test_a_cursor_that_the_api_did_not_give_is_400(cursor: str, deployment: Deployment) -> None:
    problem = {"field": "cursor", "problem": "must be the nextCursor of an earlier answer, or latest"}
    assert_error(await get(f"?cursor={cursor}"), 400, "Fix the parameters", [problem])
    assert 0 == deployment.records.reads


async def test_a_reader_that_may_have_missed_deletions_must_begin_again(deployment: Deployment) -> None:
    now = deployment.records.now()
    cursor = replace(at_the_end(now), up_to_date_at=now - changes.TOMBSTONE_LIFETIME)
    response = await get(f"?cursor={changes.cursor_text(cursor)}")
    assert_error(response, 410, "This cursor is older than 120 days")
    assert "no-store" == response.headers["cache-control"]


async def test_a_change_ends_the_wait(deployment: Deployment) -> None:
    waiting = asyncio.create_task(get(headers={"prefer": "wait=30"}))
    while not deployment.records.listeners:  # noqa: ASYNC110  the fake has no event for it
        await asyncio.sleep(0)
    await deployment.records.save(record_of("bob@accounts.google.com"))  # wakes the request, which finds nothing
    await deployment.records.save(own := record_of(USER))
    response = await asyncio.wait_for(waiting, 5)
    assert [own.id] == [change["id"] for change in content(response)["changes"]]
    assert "wait=30" == response.headers["preference-applied"]


async def test_without_a_change_the_wait_ends_with_an_empty_page(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MAX_WAIT", 0.01)
    response = await get(headers={"prefer": "wait=7"})
    assert [] == content(response)["changes"]
    assert 1 == deployment.records.reads


async def test_a_client_too_many_is_answered_503_and_may_ask_without_waiting() -> None:
    with deployed(MAX_WAITING="0") as deployment:
        assert_error(await get(headers={"prefer": "wait=5"}), 503, "Too many clients wait for changes.")
        assert 200 == (await get()).status_code
        deployment.records.error = Unavailable()
        assert_error(await get(), 503, "Temporarily unavailable")


async def test_a_deleted_record_is_404_at_once(deployment: Deployment) -> None:
    await deployment.records.save(own := record_of(USER))
    await deployment.tombstones.delete(USER, own.id)
    response = await answer(present.present, request("GET", f"/data/{own.id}", {**ADA, "prefer": "wait=10"}))
    assert_error(response, 404, "You have deleted this record.")
    assert 1 == deployment.records.reads


async def test_me_has_the_roles_in_effect_and_a_verified_email() -> None:
    grants = '{"data.write": ["user:ada@example.com"]}'
    with deployed(GRANTS=grants):
        verified = identity(claims_of("ada", "data.read", "admin", email="ada@example.com", email_verified=True))
        unverified = identity(claims_of("ada", email="ada@example.com"))
        answers = [await answer(present.present, request("GET", "/me", caller)) for caller in (verified, unverified)]
        assert [{"roles": ["data.read", "data.write"], "email": "ada@example.com"}, {"roles": []}] == [
            content(response) for response in answers
        ]
        assert_error(await answer(present.present, request("GET", "/me")), 401, "Send an ID token")
