"""Tests the rate limit of a caller."""

import pytest
from starlette.responses import Response

from dataapi.errors import TooLarge, TooManyRequests
from dataapi.gcp import settings
from dataapi.http.throttle import Limit, Throttle
from tests.support.functions import calls
from tests.support.functions.deployed import deployed
from tests.support.functions.examples import claims_of


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def passed(throttle: Throttle, user_id: str, requests: int) -> int:
    """How many of so many requests pass."""
    admitted = 0
    for _ in range(requests):
        try:
            throttle.take(user_id)
        except TooManyRequests:
            continue
        admitted += 1
    return admitted


def test_a_burst_passes_and_then_as_much_as_the_rate_gives() -> None:
    clock = Clock()
    throttle = Throttle("data.write", Limit(rate=2, burst=5), clock)
    seen = []
    for seconds in (0.0, 0.4, 0.1, 1.0, 3_600.0):
        clock.now += seconds
        seen.append(passed(throttle, "ada", 10))
    assert [5, 0, 1, 2, 5] == seen


def test_one_users_requests_cost_no_other_user_anything() -> None:
    throttle = Throttle("data.write", Limit(rate=1, burst=3), Clock())
    assert (3, 3) == (passed(throttle, "ada", 100), passed(throttle, "bob", 100))


def test_an_exceeded_limit_says_when_to_retry_and_then_there_is_a_token() -> None:
    clock = Clock()
    throttle = Throttle("data.write", Limit(rate=0.25, burst=1), clock)
    throttle.take("ada")
    with pytest.raises(TooManyRequests) as refusal:
        throttle.take("ada")
    assert "4" == refusal.value.headers["retry-after"]
    assert "Retry in 4 s." in refusal.value.message
    clock.now += 4
    throttle.take("ada")


def test_the_headers_have_the_policy_the_remaining_tokens_and_the_reset_time() -> None:
    throttle = Throttle("data.read", Limit(rate=2, burst=10), Clock())
    expected = {"ratelimit-policy": '"data.read";q=10;w=5', "ratelimit": '"data.read";r=9;t=1'}
    assert expected == throttle.take("ada")
    throttle.charge("ada", 9)
    with pytest.raises(TooManyRequests) as refusal:
        throttle.take("ada")
    assert '"data.read";r=0;t=5' == refusal.value.headers["ratelimit"]


def test_a_batch_waits_for_the_tokens_of_all_its_records() -> None:
    clock = Clock()
    throttle = Throttle("data.write", Limit(rate=10, burst=100), clock)
    throttle.take("ada")
    assert '"data.write";r=30;t=7' == throttle.charge("ada", 69)["ratelimit"]
    throttle.take("ada")
    with pytest.raises(TooManyRequests) as refusal:
        throttle.charge("ada", 69)
    assert "4" == refusal.value.headers["retry-after"]
    clock.now += 4
    throttle.charge("ada", 69)


def test_a_batch_that_never_fits_is_too_large() -> None:
    throttle = Throttle("data.write", Limit(rate=10, burst=10), Clock())
    throttle.take("ada")
    with pytest.raises(TooLarge, match="at most 10 records at once"):
        throttle.charge("ada", 10)
    throttle.charge("ada", 9)


def test_the_number_of_buckets_is_limited_and_a_busy_one_is_kept() -> None:
    throttle = Throttle("data.write", Limit(rate=1, burst=2), Clock(), max_users=10)
    busy = 0
    for number in range(1_000):
        busy += passed(throttle, "busy", 1)
        throttle.take(f"user-{number}")
    assert 2 == busy
    assert 10 == len(throttle._buckets)  # noqa: SLF001  its size is the promise


def test_without_a_limit_every_request_passes_without_headers_or_buckets() -> None:
    throttle = Throttle("data.write", None)
    assert {} == throttle.take("ada")
    throttle.charge("ada", 1_000)
    assert 100 == passed(throttle, "ada", 100)
    assert {} == throttle._buckets  # noqa: SLF001  as above


@pytest.mark.parametrize("limits", ["no json", "[]", '{"data.write": 1}', '{"data.write": {"speed": 1}}'])
def test_invalid_limits_are_rejected(limits: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.LIMITS, limits)
    with pytest.raises(settings.SettingError, match="LIMITS must be a JSON object such as"):
        settings.throttle("data.write")


async def test_a_caller_over_the_limit_gets_429_before_the_body_is_read_and_others_do_not() -> None:
    import generate  # noqa: PLC0415  the other tests here need no function

    headers = {"content-type": "application/x-ndjson"}
    with deployed(TOPIC="records", LIMITS='{"data.write": {"rate": 0.001, "burst": 4}}') as deployment:

        async def post(user: str, body: bytes) -> Response:
            caller = calls.identity(claims_of(user, "data.write"))
            return await calls.answer(generate.generate, calls.request("POST", "/data", {**caller, **headers}, body))

        batch = b'{"informationOne": "a", "informationTwo": "b"}\n' * 4
        accepted = await post("ada", batch)
        refused = await post("ada", b"not even JSON")
        others = await post("bob", batch)
    assert (202, 429, 202) == (accepted.status_code, refused.status_code, others.status_code)
    assert '"data.write";r=0;t=4000' == accepted.headers["ratelimit"]
    assert "1000" == refused.headers["retry-after"]
    assert '"data.write";q=4;w=4000' == refused.headers["ratelimit-policy"]
    assert 8 == len(deployment.publisher.messages)
    assert {"message": "refused", "severity": "INFO", "status": 429, "reason": "TooManyRequests"} in deployment.lines()
