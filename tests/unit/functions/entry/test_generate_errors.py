"""Tests a rejected POST: the answer says why, nothing is published, the log has the type of error."""

from collections.abc import Mapping

import pytest
from starlette.responses import Response

import generate
from dataapi.errors import Unavailable
from tests.support.functions.calls import Details, answer, assert_error, identity, request
from tests.support.functions.deployed import Deployment, deployed
from tests.support.functions.examples import claims_of

pytestmark = pytest.mark.usefixtures("deployment")

ADA = identity(claims_of("ada", "data.write"))
JSON = {"content-type": "application/json"}
ARRAY = "must be a JSON object. To send several records, use content-type application/x-ndjson with one record a line."
NDJSON = {"content-type": "application/x-ndjson"}
RECORD = b'{"informationOne": "one", "informationTwo": "two"}'


async def post(body: bytes = RECORD, headers: Mapping[str, str] = JSON, caller: Mapping[str, str] = ADA) -> Response:
    return await answer(generate.generate, request("POST", "/data", {**caller, **headers}, body))


def assert_nothing_happened(deployment: Deployment, status: int, reason: str, times: int = 1) -> None:
    assert [] == deployment.publisher.messages
    line = {"severity": "INFO" if status < 500 else "ERROR", "message": "refused", "status": status, "reason": reason}
    assert [line] * times == deployment.lines()


def lines(count: int) -> bytes:
    return b"".join(b'{"informationOne": "%d", "informationTwo": "two"}\n' % number for number in range(count))


async def test_without_an_identity_a_post_is_401_whatever_it_brings(deployment: Deployment) -> None:
    assert_error(await post(caller={}), 401, "Send an ID token")
    assert_error(await post(b"{", {"content-type": "text/plain"}, caller={}), 401, "Send an ID token")
    assert_nothing_happened(deployment, 401, "Unauthenticated", times=2)


async def test_without_the_role_a_post_is_403_and_names_it(subtests: pytest.Subtests, deployment: Deployment) -> None:
    for roles in ([], ["data.read"], ["data.writer", "write"]):
        with subtests.test(roles=roles):
            assert_error(await post(caller=identity(claims_of("ada", *roles))), 403, "needs the role data.write")
    assert_nothing_happened(deployment, 403, "Forbidden", times=3)


async def test_a_body_over_the_limit_is_413_and_names_the_limit(deployment: Deployment) -> None:
    record_limit = "The record is over the limit of 262,144 bytes"
    assert_error(await post(b'"' + b"x" * 2**18 + b'"'), 413, record_limit)
    assert_error(await post(headers={**JSON, "content-length": "262145"}), 413, record_limit)
    assert_error(await post(b"\n" * (2**23 + 1), NDJSON), 413, "The batch is over the limit of 8,388,608 bytes")
    assert_nothing_happened(deployment, 413, "TooLarge", times=3)


async def test_a_body_in_another_form_is_415(subtests: pytest.Subtests, deployment: Deployment) -> None:
    latin = {"content-type": "application/json; charset=latin-1"}
    for headers in ({}, {"content-type": "text/plain"}, latin, {**JSON, "content-encoding": "gzip"}):
        with subtests.test(headers=headers):
            assert_error(await post(headers=headers), 415, "Send ")
    assert_nothing_happened(deployment, 415, "UnsupportedMediaType", times=4)


@pytest.mark.parametrize(
    ("body", "headers", "message_part", "details"),
    [
        (b"{", JSON, "The body is not JSON", []),
        (b"", JSON, "The body is not JSON", []),
        (b"[]", JSON, "The record is invalid", [{"field": "", "problem": ARRAY}]),
        (
            b'{"informationOne": "", "userId": "bob"}',
            JSON,
            "The record is invalid",
            [
                {"field": "/informationTwo", "problem": "is required"},
                {"field": "/informationOne", "problem": "is shorter than 1 character"},
                {"field": "/userId", "problem": "is not allowed"},
            ],
        ),
        (b" \n", NDJSON, "The batch is empty", []),
        (lines(1_001), NDJSON, "The batch has more than 1,000 records", []),
        (
            RECORD + b"\n{}\nx\n" + RECORD,
            NDJSON,
            "2 of 4 records are invalid, so the whole batch is rejected and nothing was stored",
            [
                {"line": 2, "field": "/informationOne", "problem": "is required"},
                {"line": 2, "field": "/informationTwo", "problem": "is required"},
                {"line": 3, "field": "", "problem": "is not JSON: Expecting value at line 1, column 1"},
            ],
        ),
        (
            RECORD,
            {**JSON, "idempotency-key": "two words"},
            "The Idempotency-Key is invalid",
            [{"field": "Idempotency-Key", "problem": "must be 1 to 255 visible ASCII characters, without spaces"}],
        ),
    ],
    ids=["malformed", "nothing", "array", "schema", "empty batch", "many", "batch", "key"],
)
async def test_a_bad_body_is_400_and_every_problem_is_named(
    deployment: Deployment, body: bytes, headers: Mapping[str, str], message_part: str, details: Details
) -> None:
    assert_error(await post(body, headers), 400, message_part, details)
    assert_nothing_happened(deployment, 400, "BadRequest")


async def test_while_pubsub_is_unavailable_a_post_is_503_with_retry_after(deployment: Deployment) -> None:
    deployment.publisher.error = Unavailable()
    assert_error(await post(), 503, "Temporarily unavailable")
    assert_nothing_happened(deployment, 503, "Unavailable")


async def test_a_post_that_does_not_fit_into_memory_is_503_and_is_accepted_later() -> None:
    with deployed(capacity=8_500) as deployment:
        async with deployment.admission.body(request("POST", "/data", {}, b"x" * 400), 400, "The record"):
            assert_error(await post(), 503, "Too many requests are in progress")
            assert_nothing_happened(deployment, 503, "Unavailable")
        assert 202 == (await post()).status_code
