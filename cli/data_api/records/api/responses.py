"""Reads the responses of the API: receipts, records and pages, or the error that a response means."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx

from data_api.records.api.errors import ApiError, Detail
from data_api.records.api.wording import in_client_words, option_of
from data_api.records.identity.credentials import audience_advice
from data_api.records.identity.unknown_key import UNKNOWN_KEY, unknown_key_advice
from data_api.shared.errors import ExitCode, exit_code_of_status

# Statuses of a gateway, a function without capacity and a rate limit: the same request may succeed later.
_RETRYABLE = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
# The beginning of the gateway's messages about an API key.
_NO_API_KEY = "UNAUTHENTICATED: Method doesn't allow unregistered callers"
_INVALID_API_KEY = "INVALID_ARGUMENT: API key"

Json = dict[str, Any]  # any JSON object: it is shown as it came


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the caller's records, and the token of the next page."""

    records: list[Json]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Some changes of the caller's records, and the cursor of the next page."""

    changes: list[Json]
    next_cursor: str


def receipt(body: Any) -> Json:  # noqa: ANN401 - parsed JSON
    """Raises ValueError, KeyError or TypeError where fields of the contract are missing."""
    datetime.fromisoformat(body["createdAt"])
    if not isinstance(body["id"], str):
        raise TypeError
    return {**body}


def receipts(body: Any) -> list[Json]:  # noqa: ANN401 - parsed JSON
    """The receipts of a batch; raises as `receipt`."""
    return [receipt(item) for item in body["records"]]


def record(body: Any) -> Json:  # noqa: ANN401 - parsed JSON
    """One record; raises as `receipt`."""
    return {**receipt(body), "data": body["data"]}


def page(body: Any) -> Page:  # noqa: ANN401 - parsed JSON
    """One page of records; raises as `receipt`."""
    return Page([record(item) for item in body["records"]], body.get("nextPageToken"))


def changes(body: Any) -> ChangesPage:  # noqa: ANN401 - parsed JSON
    """One page of changes; raises as `receipt`."""
    return ChangesPage([_change(item) for item in body["changes"]], str(body["nextCursor"]))


def _change(body: Json) -> Json:
    return {**body, "record": record(body["record"])} if body["change"] == "stored" else {**body, "id": str(body["id"])}


def error_of(response: httpx.Response, token: str, local_url: str | None) -> ApiError:
    """What an error response says; the gateway and the functions share one format."""
    error = unexpected(response)
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        body = response.json()
        message = str(body["message"]).strip()
        exit_code = _exit_code(response.status_code, message)
        error = ApiError(_message(response.status_code, message, token, local_url), exit_code=exit_code)
        error.details = [_detail(detail) for detail in body.get("details", ())]
    error.retryable = response.status_code in _RETRYABLE
    retry_after = response.headers.get("retry-after", "")
    error.retry_after = int(retry_after) if retry_after.isdecimal() else 0
    return error


def unexpected(response: httpx.Response) -> ApiError:
    """The error for a response that is not in the contract."""
    summary = f"{response.url} answered {response.status_code} {response.reason_phrase}"
    if response.status_code in _RETRYABLE:
        return ApiError(f"{summary}.", exit_code=ExitCode.UNAVAILABLE)
    return ApiError(f"{summary}, which is not an answer of a Data API; check the URL.")


def _detail(detail: Json) -> Detail:
    line = detail.get("line")
    field, problem = option_of(str(detail["field"])), in_client_words(str(detail["problem"]))
    return Detail(field, problem, line if isinstance(line, int) else None)


def _exit_code(status: int, message: str) -> ExitCode:
    return ExitCode.NOT_SIGNED_IN if message.startswith(_INVALID_API_KEY) else exit_code_of_status(status)


def _message(status: int, message: str, token: str, local_url: str | None) -> str:
    """The gateway's own messages are short; they are given the context that a person needs."""
    if status == HTTPStatus.UNAUTHORIZED and message.startswith(_NO_API_KEY):
        return "This API has a quota and requires an API key in addition to the token: set --api-key or DATA_API_KEY."
    if message.startswith(_INVALID_API_KEY):
        return "The API key was rejected: set a valid one with --api-key or DATA_API_KEY."
    if status == HTTPStatus.UNAUTHORIZED and local_url and message.startswith(UNKNOWN_KEY):
        return f"The token was rejected: {message}. {unknown_key_advice(local_url)}"
    if status == HTTPStatus.UNAUTHORIZED:
        return f"The token was rejected: {message}"
    if status == HTTPStatus.FORBIDDEN and message.startswith("Audiences in Jwt"):
        return f"The token was rejected: {message}. {audience_advice(token)}"
    return in_client_words(message)
