"""Tests that the owner and the readers of a record, and who may delete it, depend on the token alone."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

import delete
import generate
import present
from dataapi.auth.identity import Claims, user_id
from dataapi.records import pagination, schema
from dataapi.records.record import ID
from dataapi.records.schema import Check
from tests.support.functions.calls import answer, assert_error, content, identity, request
from tests.support.functions.deployed import deployed
from tests.support.functions.examples import GOOGLE, NOON, SECOND, claims_of, record_of

ISSUERS = [GOOGLE, "https://securetoken.google.com/a-project", "https://securetoken.google.com/another"]
VICTIM = claims_of("victim", "data.read", "data.write")
VICTIMS_HEADER = identity(VICTIM)["x-apigateway-api-userinfo"]
SUBJECTS = ["ada", "victi", "victim@accounts.google.com", "ada/records", "..", "__ada__", "%76ictim"]
CALLERS = st.builds(
    lambda subject, issuer: claims_of(subject, "data.read", "data.write", iss=issuer),
    st.sampled_from(SUBJECTS) | st.text(min_size=1),
    st.sampled_from(ISSUERS),
)
NAMES = st.sampled_from(["userId", "user_id", "id", "createdAt", "owner", "sub", "data", "x-user-id"])
RECORDS = st.dictionaries(NAMES, st.sampled_from([user_id(VICTIM), "victim", "0" * 32, "2001-01-01T00:00:00Z", {}]))
QUERIES = st.dictionaries(NAMES, st.sampled_from([user_id(VICTIM), "victim"]))
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "authorization",
            "forwarded",
            "idempotency-key",
            "x-apigateway-api-userinfo-2",
            "x-endpoint-api-userinfo",
            "x-forwarded-authorization",
            "x-forwarded-user",
            "x-goog-authenticated-user-email",
            "x-goog-authenticated-user-id",
            "x-user-id",
        ]
    ),
    # No spaces: an Idempotency-Key takes none.
    st.sampled_from([VICTIMS_HEADER, f"Bearer:e30.{VICTIMS_HEADER}.e30", user_id(VICTIM), "victim"]),
)

# What the victim (True) or the caller does with records of the same three ids.
STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["store", "delete"]), st.sampled_from(["0" * 32, "5" * 32, "f" * 32])),
    max_size=12,
)


@pytest.fixture(scope="session")
def permissive(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """A schema that accepts every object."""
    path = tmp_path_factory.mktemp("schema") / "record.schema.json"
    path.write_text('{"type": "object"}')
    return schema.load(path)


@settings(deadline=None)
@given(caller=CALLERS, record=RECORDS, query=QUERIES, headers=HEADERS)
async def test_a_record_belongs_to_the_user_of_the_token_whatever_else_is_sent(
    permissive: Check, caller: Claims, record: dict[str, Any], query: dict[str, str], headers: dict[str, str]
) -> None:
    everything = {**headers, **identity(caller), "content-type": "application/json"}
    body = json.dumps(record).encode()
    with deployed(check=permissive) as deployment:
        if query:  # the API knows none of these parameters
            refused = await answer(generate.generate, request("POST", f"/data?{urlencode(query)}", everything, body))
            assert (400, []) == (refused.status_code, deployment.publisher.messages)
        receipt = content(await answer(generate.generate, request("POST", "/data", everything, body)))
    [message] = deployment.publisher.messages
    assert {**receipt, "userId": user_id(caller), "data": record} == json.loads(message.data)
    assert ID.fullmatch(receipt["id"])
    assert "0" * 32 != receipt["id"]
    assert receipt["createdAt"] > "2026"


@settings(deadline=None)
@given(caller=CALLERS, query=QUERIES, headers=HEADERS, order=st.sampled_from(["asc", "desc"]))
async def test_a_caller_sees_only_their_own_records_whatever_the_request_is(
    caller: Claims, query: dict[str, str], headers: dict[str, str], order: str
) -> None:
    own = record_of(user_id(caller), NOON)
    others = [record_of(user_id(VICTIM), NOON + seconds * SECOND) for seconds in (-1, 0, 1)]
    token = pagination.page_token(others[0 if order == "asc" else 2])  # the own record lies behind it
    parameters = {"order": order, "pageToken": token, "since": "2026-01-01T00:00:00Z"}
    everything = {**headers, **identity(caller)}
    with deployed() as deployment:
        for record in (own, *others):
            await deployment.records.save(record)
        if query:  # the API knows none of these parameters
            hostile = urlencode({**query, **parameters})
            for path in ("/data", f"/data/{own.id}", f"/data/{others[0].id}"):
                response = await answer(present.present, request("GET", f"{path}?{hostile}", everything))
                assert (400, {"code", "message", "details"}) == (response.status_code, content(response).keys())
        listed = await answer(present.present, request("GET", f"/data?{urlencode(parameters)}", everything))
        shown, *refused = [
            await answer(present.present, request("GET", f"/data/{record_id}", everything))
            for record_id in (own.id, *(other.id for other in others), "f" * 32)
        ]
    assert [own.id] == [record["id"] for record in content(listed)["records"]]
    assert own.id == content(shown)["id"]
    for response in refused:
        assert_error(response, 404, "You have no record of this id")
    assert 1 == len({bytes(response.body) for response in refused})  # the answer does not show which ids others have


@settings(deadline=None)
@given(caller=CALLERS, steps=STEPS, query=QUERIES, headers=HEADERS)
async def test_no_reader_sees_changes_or_deletions_of_another_user_whatever_the_two_do(
    caller: Claims, steps: list[tuple[bool, str, str]], query: dict[str, str], headers: dict[str, str]
) -> None:
    claims = {True: VICTIM, False: caller}
    sent = {is_victim: {**headers, **identity(user)} for is_victim, user in claims.items()}
    expected: dict[bool, dict[str, str]] = {True: {}, False: {}}
    answers = set()
    with deployed() as deployment:
        for is_victim, action, record_id in steps:
            if action == "store":
                owner = user_id(claims[is_victim])
                await deployment.records.save(replace(record_of(owner, data={"owner": owner}), id=record_id))
                expected[is_victim].setdefault(record_id, "stored")
                continue
            if query:  # the API knows none of these parameters
                hostile = request("DELETE", f"/data/{record_id}?{urlencode(query)}", sent[is_victim])
                assert 400 == (await answer(delete.delete, hostile)).status_code
            response = await answer(delete.delete, request("DELETE", f"/data/{record_id}", sent[is_victim]))
            answers.add((response.status_code, bytes(response.body), *response.raw_headers))
            expected[is_victim][record_id] = "deleted"
        pages = {who: content(await answer(present.present, changes_of(sent[who]))) for who in claims}
        for who, page in pages.items():
            assert expected[who] == {change["id"]: change["change"] for change in page["changes"]}
            owners = {change["record"]["data"]["owner"] for change in page["changes"] if "record" in change}
            assert owners <= {user_id(claims[who])}
            # A cursor is a position, which gives access to nothing: neither the own one nor the other's.
            for cursor in (pages[True]["nextCursor"], pages[False]["nextCursor"]):
                after = content(await answer(present.present, changes_of(sent[who], f"?cursor={cursor}")))["changes"]
                assert all(change in page["changes"] for change in after)
    assert len(answers) <= 1  # the answer does not show which ids others have
    assert {status for status, *_ in answers} <= {204}


def changes_of(headers: dict[str, str], query: str = "") -> Request:
    return request("GET", f"/data/changes{query}", headers)
