"""The steps of `data-api smoke`: a caller posts a record, reads it back, the web page opens, invalid tokens get 401.

Owns what a step is called and what it expects. The record is the first example of the record schema. Each step that
cannot be done is a problem; later steps that need its result are left out.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from data_api.records.api.client import Api
from data_api.records.api.errors import ApiError, print_to_stderr
from data_api.records.api.retry import RetryTiming
from data_api.shared import page_headers
from data_api.shared.check_result import OK, PROBLEM, CheckResult
from data_api.shared.errors import ExitCode
from data_api.shared.printable import json_text, printable

STORED_WITHIN = 60.0  # seconds from the receipt until the record can be read: functions that sleep start first
PAUSE = 5.0  # seconds between two tries
_WAIT = 10  # seconds that the API waits for a record (Prefer)
_PAGE = 100  # records: the new one is among the newest
_NOT_YET = {ExitCode.NOT_SIGNED_IN, ExitCode.NOT_ALLOWED, ExitCode.UNAVAILABLE}

Json = dict[str, Any]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Smoke:
    """One run. `wait`: for how many seconds what a fresh deployment does not allow yet is tried again."""

    api: Api
    record: Json
    timing: RetryTiming
    wait: float

    def steps(self) -> Iterator[CheckResult]:
        """The result of each step, as soon as it is known."""
        deadline = self.timing.clock() + self.wait
        key, body = f"smoke-{uuid.uuid4()}", json_text(self.record).encode()
        receipt, result = self._try("post", lambda: self.api.post_record(body, key)[0], deadline)
        yield result or CheckResult("post", OK, f"accepted as {receipt['id']}")
        if receipt:
            yield from self._with_record(receipt["id"], key, body, deadline)
        if not self.api.has_answered:
            return
        yield self._page()
        yield self._rejected("no token", None, body)
        yield self._rejected("bad token", f"Bearer {_forged(self.api.token())}", body)

    def _with_record(self, record_id: str, key: str, body: bytes, deadline: float) -> Iterator[CheckResult]:
        again, result = self._try("same key", lambda: self.api.post_record(body, key)[0], deadline)
        yield result or _same_record(again["id"], record_id)
        read, result = self._try("read", lambda: self._read(record_id), deadline)
        yield result or self._same_data(read)
        page, result = self._try("list", lambda: self.api.page({"pageSize": str(_PAGE)}).records, deadline)
        if result:
            yield result
        elif any(record["id"] == record_id for record in page):
            yield CheckResult("list", OK, "has the record")
        else:
            yield CheckResult("list", PROBLEM, f"the newest {_PAGE} records do not have {record_id}")

    def _read(self, record_id: str) -> Json:
        """The record, as soon as it is stored."""
        deadline = self.timing.clock() + STORED_WITHIN
        while True:
            try:
                return self.api.get(record_id, _WAIT)
            except ApiError as error:
                if error.exit_code != ExitCode.NOT_FOUND or self.timing.clock() >= deadline:
                    raise
            self.timing.sleep(1.0)

    def _same_data(self, record: Json) -> CheckResult:
        if record["data"] == self.record:
            return CheckResult("read", OK, "the data that was sent")
        return CheckResult("read", PROBLEM, f"sent {json_text(self.record)}, read {json_text(record['data'])}")

    def _page(self) -> CheckResult:
        """Whether GET / answers the web page with every header that protects it."""
        try:
            answer = self.api.front_page()
        except ApiError as error:
            return _problem("page", error)
        content_type = answer.headers.get("content-type", "")
        if answer.status_code != HTTPStatus.OK or not content_type.startswith("text/html"):
            return CheckResult(
                "page", PROBLEM, printable(f"GET / got {answer.status_code} {content_type}, not the page")
            )
        if missing := [name for name in page_headers.names() if name not in answer.headers]:
            return CheckResult("page", PROBLEM, f"GET / answers the page without {', '.join(missing)}")
        return CheckResult("page", OK, "HTML, with the headers that protect it")

    def _rejected(self, name: str, authorization: str | None, body: bytes) -> CheckResult:
        try:
            statuses = [self.api.status_with(authorization, "POST", body), self.api.status_with(authorization, "GET")]
        except ApiError as error:
            return _problem(name, error)
        if statuses == [HTTPStatus.UNAUTHORIZED] * 2:
            return CheckResult(name, OK, "rejected with 401")
        return CheckResult(name, PROBLEM, f"POST got {statuses[0]} and GET {statuses[1]}, and both must get 401")

    def _try(self, name: str, call: Callable[[], Result], deadline: float) -> tuple[Any, CheckResult | None]:
        """The result of the call, or the problem that it still has at the deadline."""
        while True:
            try:
                return call(), None
            except ApiError as error:
                if error.exit_code not in _NOT_YET or self.timing.clock() + PAUSE > deadline:
                    return None, _problem(name, error)
                print_to_stderr(printable(f"{name}: {error.message} Trying again in {PAUSE:.0f} s."))
            self.timing.sleep(PAUSE)


def _same_record(again: str, record_id: str) -> CheckResult:
    if again == record_id:
        return CheckResult("same key", OK, "the same Idempotency-Key is the same record")
    return CheckResult("same key", PROBLEM, f"the same Idempotency-Key became {again}, and {record_id} before")


def _problem(name: str, error: ApiError) -> CheckResult:
    fix = ""
    if error.exit_code == ExitCode.NOT_ALLOWED:
        fix = "# New grants take minutes to work: try --wait 5m. Who has which role: grants in Pulumi.<stack>.yaml."
    return CheckResult(name, PROBLEM, printable(error.format_message(), keep="\n"), fix)


def _forged(token: str) -> str:
    """The caller's token with a signature that nobody made."""
    head, dot, signature = token.rpartition(".")
    digest = hashlib.sha256(signature.encode()).hexdigest()
    return f"{head}{dot}{digest}"
