"""The client of the API: one method for each operation of openapi.yaml that a person calls.

What can succeed later is sent again with the same Idempotency-Key.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import httpx

from data_api.records.api import responses
from data_api.records.api.errors import ApiError, print_to_stderr
from data_api.records.api.responses import ChangesPage, Json, Page
from data_api.records.api.retry import RetryTiming, call_with_retries
from data_api.shared.errors import ExitCode
from data_api.shared.start_command import make_command

HTTP_PORT = 80  # of an address without a port
MAX_PAGE = 500  # openapi.yaml, listData
Result = TypeVar("Result")


class Api:
    """One connection to one API."""

    def __init__(
        self, client: httpx.Client, token: Callable[[], str], retry_timing: RetryTiming, *, is_local: bool
    ) -> None:
        self._client = client
        self.token = token  # of the caller, renewed when needed
        self._retry_timing = retry_timing
        self._is_local = is_local
        self.has_answered = False  # whether any response came

    def post_record(self, body: bytes, key: str) -> list[Json]:
        """The one receipt."""
        headers = {"content-type": "application/json", "idempotency-key": key}
        return [self._call(responses.receipt, "POST", "/data", content=body, headers=headers)]

    def post_batch(self, body: bytes, key: str) -> list[Json]:
        """The receipts in the order of the lines."""
        headers = {"content-type": "application/x-ndjson", "idempotency-key": key}
        return self._call(responses.receipts, "POST", "/data", content=body, headers=headers)

    def page(self, parameters: Mapping[str, str]) -> Page:
        """One page of the caller's records."""
        return self._call(responses.page, "GET", "/data", params=parameters)

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
        return self._call(responses.record, "GET", f"/data/{record_id}", headers=headers)

    def changes(self, cursor: str, wait: int) -> ChangesPage:
        """What changed since the cursor; the API waits up to `wait` seconds for a change."""
        headers = {"prefer": f"wait={wait}"} if wait else {}
        return self._call(responses.changes, "GET", "/data/changes", params={"cursor": cursor}, headers=headers)

    def delete(self, record_id: str) -> None:
        """Deletes a record, whether it is stored or still on its way."""
        self._call(lambda _: None, "DELETE", f"/data/{record_id}")

    def status_with(self, authorization: str | None, method: str, body: bytes | None = None) -> int:
        """The status that a request has with this header instead of the caller's token; raises ApiError."""
        headers = {"content-type": "application/json"} | ({"authorization": authorization} if authorization else {})
        try:
            return self._client.request(method, "/data", content=body, headers=headers).status_code
        except httpx.RequestError as error:
            raise self._no_response(error) from error

    def front_page(self) -> httpx.Response:
        """The answer to GET /, without a token; raises ApiError."""
        try:
            return self._client.get("/")
        except httpx.RequestError as error:
            raise self._no_response(error) from error

    def _call(self, parse: Callable[[Any], Result], method: str, path: str, **request: Any) -> Result:  # noqa: ANN401 - httpx's own arguments
        call_once = partial(self._call_once, parse, method, path, **request)
        return call_with_retries(call_once, self._retry_timing, print_to_stderr)

    def _call_once(self, parse: Callable[[Any], Result], method: str, path: str, **request: Any) -> Result:  # noqa: ANN401 - httpx's own arguments
        token = self.token()
        headers = {**request.pop("headers", {}), "authorization": f"Bearer {token}"}
        try:
            response = self._client.request(method, path, headers=headers, **request)
        except httpx.RequestError as error:
            raise self._no_response(error) from error
        self.has_answered = True
        if not response.is_success:
            local_url = str(self._client.base_url) if self._is_local else None
            raise responses.error_of(response, token, local_url)
        try:
            return parse(response.json() if response.content else None)
        except (ValueError, KeyError, TypeError) as error:
            raise responses.unexpected(response) from error

    def _no_response(self, error: httpx.RequestError) -> ApiError:
        address = str(self._client.base_url).rstrip("/")
        # Nothing has listened here yet: waiting does not start a stack.
        if self._is_local and not self.has_answered and isinstance(error, httpx.ConnectError):
            command = make_command(self._client.base_url.port or HTTP_PORT)
            return ApiError(
                f"No local stack answers on {address}; start it with `{command}`.", exit_code=ExitCode.UNAVAILABLE
            )
        reason = str(error) or type(error).__name__
        return ApiError(f"{address} does not answer ({reason}).", exit_code=ExitCode.UNAVAILABLE, retryable=True)
