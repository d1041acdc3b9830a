"""Tests an accepted POST: the answer, the messages on the topic, and the log."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.responses import Response

import generate
from tests.support.functions.calls import answer, assert_error, content, identity, request
from tests.support.functions.deployed import Deployment, deployed
from tests.support.functions.examples import claims_of

pytestmark = pytest.mark.usefixtures("deployment")

ADA = identity(claims_of("ada", "data.write"))
JSON = {"content-type": "application/json"}
NDJSON = {"content-type": "application/x-ndjson"}
RECORD = b'{"informationOne": "one", "informationTwo": "two"}'
ID = re.compile(r"[0-9a-f]{32}")


async def post(body: bytes = RECORD, headers: Mapping[str, str] = JSON, caller: Mapping[str, str] = ADA) -> Response:
    return await answer(generate.generate, request("POST", "/data", {**caller, **headers}, body))


def published(deployment: Deployment) -> list[dict[str, Any]]:
    return [json.loads(message.data) for message in deployment.publisher.messages]


def lines(count: int) -> bytes:
    return b"".join(b'{"informationOne": "%d", "informationTwo": "two"}\n' % number for number in range(count))


async def test_a_record_is_accepted_with_its_place_and_receipt() -> None:
    response = await post()
    receipt = content(response)
    assert 202 == response.status_code
    assert {"id", "createdAt"} == receipt.keys()
    assert ID.fullmatch(receipt["id"])
    assert f"/data/{receipt['id']}" == response.headers["location"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", receipt["createdAt"])


async def test_the_message_is_the_record_with_its_id_owner_and_time(deployment: Deployment) -> None:
    receipt = content(await post())
    expected = {
        **receipt,
        "userId": "ada@accounts.google.com",
        "data": {"informationOne": "one", "informationTwo": "two"},
    }
    assert [expected] == published(deployment)


async def test_the_record_goes_on_byte_for_byte(deployment: Deployment) -> None:
    body = b' {"informationTwo" : "\\u0041/\\/", \n "informationOne":"\xc3\xa9"} '
    await post(body)
    [message] = deployment.publisher.messages
    assert message.data.endswith(b',"data":' + body + b"}")


async def test_the_message_carries_the_version_and_the_trace_of_the_request(deployment: Deployment) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await post(headers={**JSON, "traceparent": traceparent})
    [message] = deployment.publisher.messages
    assert {"schemaVersion": "1", "traceparent": traceparent} == message.attributes
    assert '"logging.googleapis.com/trace":"projects/a-project/traces/0af7651916cd43dd8448eb211c80319c"' in (
        deployment.output.getvalue()
    )


async def test_an_accepted_record_is_logged_by_its_id(deployment: Deployment) -> None:
    receipt = content(await post())
    expected = {"severity": "INFO", "message": "accepted", "records": 1, "id": receipt["id"], "groupSize": 1}
    assert [expected] == deployment.lines()


async def test_a_batch_is_answered_with_its_receipts_in_order_and_no_place(deployment: Deployment) -> None:
    response = await post(lines(3), NDJSON)
    receipts = content(response)["records"]
    assert (202, {"records"}) == (response.status_code, content(response).keys())
    assert "location" not in response.headers
    messages = published(deployment)
    assert receipts == [{"id": message["id"], "createdAt": message["createdAt"]} for message in messages]
    assert ["0", "1", "2"] == [message["data"]["informationOne"] for message in messages]
    assert 3 == len({receipt["id"] for receipt in receipts})
    assert [{"severity": "INFO", "message": "accepted", "records": 3, "groupSize": 3}] == deployment.lines()


async def test_the_records_of_a_batch_are_a_microsecond_apart_so_that_they_are_listed_in_order() -> None:
    receipts = content(await post(lines(1_000), NDJSON))["records"]
    times = [datetime.fromisoformat(receipt["createdAt"]) for receipt in receipts]
    assert [times[0] + timedelta(microseconds=line) for line in range(1_000)] == times


async def test_a_path_that_ends_in_a_slash_is_the_same(deployment: Deployment) -> None:
    response = await answer(generate.generate, request("POST", "/data/", {**ADA, **JSON}, RECORD))
    assert 202 == response.status_code
    assert 1 == len(deployment.publisher.messages)


async def test_one_key_is_one_id_for_one_user() -> None:
    bob = identity(claims_of("bob", "data.write"))
    first, again, other = [{**JSON, "idempotency-key": key} for key in ("k", "k", "l")]
    ids = [content(await post(headers=headers))["id"] for headers in (first, again, other)]
    ids.append(content(await post(headers=first, caller=bob))["id"])
    assert ids[0] == ids[1]
    assert 3 == len(set(ids))
    assert all(ID.fullmatch(record_id) for record_id in ids)


async def test_one_key_is_the_same_ids_for_the_lines_of_a_batch() -> None:
    headers = {**NDJSON, "idempotency-key": "k"}
    first, again = [[record["id"] for record in content(await post(lines(3), headers))["records"]] for _ in range(2)]
    assert first == again
    assert 3 == len(set(first))


async def test_without_a_key_every_post_is_a_new_record() -> None:
    assert content(await post())["id"] != content(await post())["id"]


async def test_a_role_from_another_claim_or_a_grant_lets_a_post_in() -> None:
    claims = claims_of("ada", email="Ada@example.com", email_verified=True, groups="data.write")
    with deployed(ROLE_CLAIM="groups"):
        assert 202 == (await post(caller=identity(claims))).status_code
    with deployed(GRANTS='{"data.write": ["user:ada@example.com"]}'):
        assert 202 == (await post(caller=identity(claims))).status_code
    with deployed():
        assert 403 == (await post(caller=identity(claims))).status_code


async def test_other_paths_and_methods_are_rejected(deployment: Deployment) -> None:
    for method, path, status in (("GET", "/data", 405), ("POST", "/", 404)):
        response = await answer(generate.generate, request(method, path, {**ADA, **JSON}, RECORD))
        assert (path, status) == (path, response.status_code)
    assert [] == deployment.publisher.messages


async def test_pages_of_the_origins_in_the_settings_may_call() -> None:
    with deployed(CORS_ORIGINS="https://one.example https://two.example"):
        response = await post(headers={**JSON, "origin": "https://two.example"})
    assert "https://two.example" == response.headers["access-control-allow-origin"]


async def test_a_crash_is_answered_and_logged_without_what_was_sent(deployment: Deployment) -> None:
    deployment.publisher.error = RuntimeError("the payload")
    response = await post()
    assert_error(response, 500, "The service failed")
    assert ["crashed"] == [line["message"] for line in deployment.lines()]
    assert "the payload" not in deployment.output.getvalue()
