"""The client of the API: one method for each operation of openapi.yaml that a person calls.

What can succeed later is sent again with the same Idempotency-Key.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

import httpx

from data_api.records.credentials import audience_advice
from data_api.records.errors import ApiError, Detail, print_to_stderr
from data_api.records.retry import RetryTiming, call_with_retries
from data_api.records.unknown_key import UNKNOWN_KEY, unknown_key_advice
from data_api.shared.start_command import make_command

HTTP_PORT = 80  # of an address without a port
MAX_PAGE = 500  # openapi.yaml, listData
# Statuses of a gateway, a function without capacity and a rate limit: the same request may succeed later.
_RETRYABLE = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}

_NO_API_KEY = "UNAUTHENTICATED: Method doesn't allow unregistered callers"  # the gateway's message

Json = dict[str, Any]  # any JSON object: it is shown as it came
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the caller's records, and the token of the next page."""

    records: list[Json]
    next_token: str | None


class Api:
    """One connection to one API."""

    def __init__(
        self, client: httpx.Client, token: Callable[[], str], retry_timing: RetryTiming, *, is_local: bool
    ) -> None:
        self._client = client
        self._token = token
        self._retry_timing = retry_timing
        self._is_local = is_local
        self._has_answered = False

    def post_record(self, body: bytes, key: str) -> list[Json]:
        """The one receipt."""
        headers = {"content-type": "application/json", "idempotency-key": key}
        return [self._call(_receipt, "POST", "/data", content=body, headers=headers)]

    def post_batch(self, body: bytes, key: str) -> list[Json]:
        """The receipts in the order of the lines."""
        headers = {"content-type": "application/x-ndjson", "idempotency-key": key}
        return self._call(_receipts, "POST", "/data", content=body, headers=headers)

    def page(self, parameters: Mapping[str, str]) -> Page:
        """One page of the caller's records."""
        return self._call(_page, "GET", "/data", params=parameters)

    def pages(self, parameters: Mapping[str, str], page_size: int, limit: int | None) -> Iterator[Page]:
        """The pages one after the other, up to `limit` records, or to the last."""
        token: str | None = None
        remaining = limit
        while remaining is None or remaining > 0:
            size = page_size if remaining is None else min(page_size, remaining)
            page_token = {"pageToken": token} if token else {}
            page = self.page({**parameters, "pageSize": str(size), **page_token})
            yield page
            token = page.next_token
            if token is None:
                return
            remaining = None if remaining is None else remaining - len(page.records)

    def get(self, record_id: str, wait: int) -> Json:
        """One record; the API waits up to `wait` seconds for one that is not stored yet."""
        headers = {"prefer": f"wait={wait}"} if wait else {}
        return self._call(_record, "GET", f"/data/{record_id}", headers=headers)

    def _call(self, parse: Callable[[Any], Result], method: str, path: str, **request: Any) -> Result:  # noqa: ANN401 - httpx's own arguments
        call_once = partial(self._call_once, parse, method, path, **request)
        return call_with_retries(call_once, self._retry_timing, print_to_stderr)

    def _call_once(self, parse: Callable[[Any], Result], method: str, path: str, **request: Any) -> Result:  # noqa: ANN401 - httpx's own arguments
        token = self._token()
        headers = {**request.pop("headers", {}), "authorization": f"Bearer {token}"}
        try:
            response = self._client.request(method, path, headers=headers, **request)
        except httpx.RequestError as error:
            raise self._no_response(error) from error
        self._has_answered = True
        if not response.is_success:
            local_url = str(self._client.base_url) if self._is_local else None
            raise _error(response, token, local_url)
        try:
            return parse(response.json())
        except (ValueError, KeyError, TypeError) as error:
            raise _unexpected(response) from error

    def _no_response(self, error: httpx.RequestError) -> ApiError:
        address = str(self._client.base_url).rstrip("/")
        # Nothing has listened here yet: waiting does not start a stack.
        if self._is_local and not self._has_answered and isinstance(error, httpx.ConnectError):
            command = make_command(self._client.base_url.port or HTTP_PORT)
            return ApiError(f"No local stack answers on {address}; start it with `{command}`.")
        reason = str(error) or type(error).__name__
        return ApiError(f"{address} does not answer ({reason}).", retryable=True)


def _receipt(body: Any) -> Json:  # noqa: ANN401 - parsed JSON
    """Raises ValueError, KeyError or TypeError where fields of the contract are missing."""
    datetime.fromisoformat(body["createdAt"])
    if not isinstance(body["id"], str):
        raise TypeError
    return {**body}


def _receipts(body: Any) -> list[Json]:  # noqa: ANN401 - parsed JSON
    return [_receipt(receipt) for receipt in body["records"]]


def _record(body: Any) -> Json:  # noqa: ANN401 - parsed JSON
    return {**_receipt(body), "data": body["data"]}


def _page(body: Any) -> Page:  # noqa: ANN401 - parsed JSON
    return Page([_record(record) for record in body["records"]], body.get("nextPageToken"))


def _error(response: httpx.Response, token: str, local_url: str | None) -> ApiError:
    """What an error response says; the gateway and the functions share one format."""
    error = _unexpected(response)
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        body = response.json()
        error = ApiError(_message(response.status_code, str(body["message"]).strip(), token, local_url))
        error.details = [_detail(detail) for detail in body.get("details", ())]
    error.status = response.status_code
    error.retryable = response.status_code in _RETRYABLE
    retry_after = response.headers.get("retry-after", "")
    error.retry_after = int(retry_after) if retry_after.isdecimal() else 0
    return error


def _detail(detail: Json) -> Detail:
    line = detail.get("line")
    return Detail(str(detail["field"]), str(detail["problem"]), line if isinstance(line, int) else None)


def _message(status: int, message: str, token: str, local_url: str | None) -> str:
    """The gateway's own messages are short; they are given the context that a person needs."""
    if status == HTTPStatus.UNAUTHORIZED and message.startswith(_NO_API_KEY):
        return "This API has a quota and requires an API key in addition to the token: set --api-key or DATA_API_KEY."
    if status == HTTPStatus.UNAUTHORIZED and local_url and message.startswith(UNKNOWN_KEY):
        return f"The token was rejected: {message}. {unknown_key_advice(local_url)}"
    if status == HTTPStatus.UNAUTHORIZED:
        return f"The token was rejected: {message}"
    if status == HTTPStatus.FORBIDDEN and message.startswith("Audiences in Jwt"):
        return f"The token was rejected: {message}. {audience_advice(token)}"
    return message


def _unexpected(response: httpx.Response) -> ApiError:
    summary = f"{response.url} answered {response.status_code} {response.reason_phrase}"
    if response.status_code in _RETRYABLE:
        return ApiError(f"{summary}.")
    return ApiError(f"{summary}, which is not an answer of a Data API; check the URL.")
