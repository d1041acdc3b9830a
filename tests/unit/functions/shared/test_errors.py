"""Tests the HTTP errors: each has a status of its own."""

from collections.abc import Iterator

from dataapi.errors import (
    BadRequest,
    HttpError,
    MethodNotAllowed,
    Problem,
    RequestTimeout,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    Undeliverable,
)


def below(kind: type[HttpError]) -> Iterator[type[HttpError]]:
    for child in kind.__subclasses__():
        yield child
        yield from below(child)


KINDS = [*below(HttpError)]


def test_every_http_error_has_a_status_of_its_own_other_than_500() -> None:
    statuses = [kind.status for kind in KINDS]
    assert len(statuses) == len({*statuses})
    assert [] == [status for status in statuses if not (400 <= status < 500 or status == 503)]


def test_an_http_error_without_a_type_would_be_500() -> None:
    assert 500 == HttpError("x").status


def test_a_message_that_cannot_be_stored_is_no_answer_to_a_client() -> None:
    assert not issubclass(Undeliverable, HttpError)


def test_an_http_error_has_its_message_and_details() -> None:
    refusal = BadRequest("Fix it.", [Problem("/a", "is bad", 2)])
    assert ("Fix it.", "Fix it.") == (refusal.message, str(refusal))
    assert [Problem(field="/a", problem="is bad", line=2)] == [*refusal.details]
    assert () == BadRequest("Fix it.").details
    assert Problem("/a", "is bad").line is None


def test_the_allowed_methods_are_in_the_message_and_in_the_header() -> None:
    refusal = MethodNotAllowed(["GET", "POST"])
    assert "Use GET or POST here." == refusal.message
    assert {"allow": "GET, POST"} == refusal.headers


def test_after_a_temporary_failure_a_client_may_retry_in_two_seconds() -> None:
    assert "Temporarily unavailable" in Unavailable().message
    assert {"retry-after": "2"} == Unavailable("Wait.").headers
    assert "Wait." == Unavailable("Wait.").message


def test_after_a_body_that_took_too_long_the_connection_is_closed_because_its_rest_is_not_read() -> None:
    assert {"connection": "close"} == RequestTimeout("Slow.").headers


def test_a_caller_without_identity_gets_the_authentication_scheme() -> None:
    assert {"www-authenticate": "Bearer"} == Unauthenticated("Who?").headers


def test_other_errors_have_no_headers_of_their_own() -> None:
    own = (MethodNotAllowed, RequestTimeout, TooManyRequests, Unavailable, Unauthenticated)
    others = [kind for kind in KINDS if kind not in own]
    assert {} == {kind: headers for kind in others if (headers := kind("x").headers)}
