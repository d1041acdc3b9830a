"""Speaks to the API: one method for each operation of openapi.yaml that a person calls.

Owns requests, the reading of answers and the kinds of failure: what passes is tried again, with the same key.
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
from data_api.records.errors import ApiError, Detail, tell
from data_api.records.retry import Backoff, with_retries

MAX_PAGE = 500  # openapi.yaml, listData
# What a gateway, a function that is full and a caller's limit answer: the same request may succeed later.
_PASSING = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}

_NO_KEY = "UNAUTHENTICATED: Method doesn't allow unregistered callers"  # as the gateway says that the key is missing

Json = dict[str, Any]  # any JSON object: it is shown as it came
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the caller's records, and where the next ones begin."""

    records: list[Json]
    next_token: str | None


class Api:
    """One connection to one API."""

    def __init__(self, client: httpx.Client, token: Callable[[], str], backoff: Backoff, *, is_local: bool) -> None:
        self._client = client
        self._token = token
        self._backoff = backoff
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
        """The pages that follow each other, up to `limit` records; no limit asks for all there are."""
        token: str | None = None
        left = limit
        while left is None or left > 0:
            size = page_size if left is None else min(page_size, left)
            place = {"pageToken": token} if token else {}
            page = self.page({**parameters, "pageSize": str(size), **place})
            yield page
            token = page.next_token
            if token is None:
                return
            left = None if left is None else left - len(page.records)

    def get(self, record_id: str, wait: int) -> Json:
        """One record; the API waits up to `wait` seconds for one that is on its way."""
        headers = {"prefer": f"wait={wait}"} if wait else {}
        return self._call(_record, "GET", f"/data/{record_id}", headers=headers)

    def _call(self, read: Callable[[Any], Result], method: str, path: str, **request: Any) -> Result:  # noqa: ANN401 - httpx's own arguments
        return with_retries(
            partial(self._call_once, read, method, path, **request),
            self._backoff,
            tell,
        )

    def _call_once(self, read: Callable[[Any], Result], method: str, path: str, **request: Any) -> Result:  # noqa: ANN401 - httpx's own arguments
        token = self._token()
        headers = {**request.pop("headers", {}), "authorization": f"Bearer {token}"}
        try:
            answer = self._client.request(method, path, headers=headers, **request)
        except httpx.RequestError as error:
            raise self._no_answer(error) from error
        self._has_answered = True
        if not answer.is_success:
            raise _error(answer, token)
        try:
            return read(answer.json())
        except (ValueError, KeyError, TypeError) as error:
            raise _stranger(answer) from error

    def _no_answer(self, error: httpx.RequestError) -> ApiError:
        address = str(self._client.base_url).rstrip("/")
        # Nothing listens here yet: no waiting brings up a stack that nobody started.
        if self._is_local and not self._has_answered and isinstance(error, httpx.ConnectError):
            return ApiError(f"No local stack answers on {address}; start it with `make up`.")
        reason = str(error) or type(error).__name__
        return ApiError(f"{address} does not answer ({reason}).", is_transient=True)


def _receipt(body: Any) -> Json:  # noqa: ANN401 - parsed JSON
    """Raises ValueError, KeyError or TypeError where the contract's fields are not there."""
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


def _error(answer: httpx.Response, token: str) -> ApiError:
    """What a refusal says; the gateway and the functions share one shape."""
    error = _stranger(answer)
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        body = answer.json()
        error = ApiError(_message(answer.status_code, str(body["message"]).strip(), token))
        error.details = [_detail(detail) for detail in body.get("details", ())]
    error.status = answer.status_code
    error.is_transient = answer.status_code in _PASSING
    asked = answer.headers.get("retry-after", "")
    error.retry_after = int(asked) if asked.isdecimal() else 0
    return error


def _detail(detail: Json) -> Detail:
    line = detail.get("line")
    return Detail(str(detail["field"]), str(detail["problem"]), line if isinstance(line, int) else None)


def _message(status: int, message: str, token: str) -> str:
    """The gateway's own words are short; they get what a person needs beside them."""
    if status == HTTPStatus.UNAUTHORIZED and message.startswith(_NO_KEY):
        return "This API has a quota and requires an API key beside the token: give one with --api-key or DATA_API_KEY."
    if status == HTTPStatus.UNAUTHORIZED:
        return f"The token was rejected: {message}"
    if status == HTTPStatus.FORBIDDEN and message.startswith("Audiences in Jwt"):
        return f"The token was rejected: {message}. {audience_advice(token)}"
    return message


def _stranger(answer: httpx.Response) -> ApiError:
    said = f"{answer.url} answered {answer.status_code} {answer.reason_phrase}"
    if answer.status_code in _PASSING:
        return ApiError(f"{said}.")
    return ApiError(f"{said}, and not as a Data API does; check the URL.")
