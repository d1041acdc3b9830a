"""Fakes of the API, the token sources and the clock, and a fixture that runs a command with them."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import click
import httpx
import pytest
from click.testing import CliRunner, Result

from data_api.records.api.retry import RetryTiming
from data_api.records.dependencies import Dependencies
from data_api.shared import page_headers

Json = dict[str, Any]
Handler = Callable[[httpx.Request], httpx.Response]
Call = Callable[..., Result]

START = 1_800_000_000.0


def token_of(**claims: object) -> str:
    """A token with these claims and no real signature."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


@dataclass
class FakeApi:
    """Stores records as the functions do, in the order in which they are sent; `next_handlers` answer first."""

    next_handlers: list[Handler] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    stored: dict[str, Json] = field(default_factory=dict)  # by id, oldest first
    late_by: int = 0  # how many GETs of a record it takes until it is stored
    dead_letters: tuple[int, ...] = ()  # the `n` of records that are never stored
    gets: Counter[str] = field(default_factory=Counter)  # by id

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.next_handlers:
            return self.next_handlers.pop(0)(request)
        if request.method == "POST":
            return self.accept(request)
        if request.method == "DELETE":
            self.stored.pop(request.url.path.removeprefix("/data/"), None)
            return httpx.Response(204)
        if request.url.path == "/":
            return httpx.Response(200, html="the page", headers=dict.fromkeys(page_headers.names(), "x"))
        if request.url.path == "/data":
            return self._page(request.url.params)
        return self._get(request.url.path.removeprefix("/data/"))

    def add(self, count: int) -> list[str]:
        """Stores new records, and returns their ids."""
        return [str(self._store(f"added {number}", {"n": number})["id"]) for number in range(count)]

    def accept(self, request: httpx.Request) -> httpx.Response:
        key = request.headers["idempotency-key"]
        if request.headers["content-type"] == "application/json":
            return httpx.Response(202, json=self._store(f"{key} alone", json.loads(request.content)))
        lines = request.content.split(b"\n")
        receipts = [self._store(f"{key} {position}", json.loads(line)) for position, line in enumerate(lines)]
        return httpx.Response(202, json={"records": receipts})

    def _get(self, record_id: str) -> httpx.Response:
        self.gets[record_id] += 1
        record = self.stored.get(record_id)
        if record is None or self.gets[record_id] <= self.late_by:
            return rejection(404, "You have no record with this id.")
        if record["data"].get("n") in self.dead_letters:
            return rejection(410, "This record is a dead letter: Firestore rejected the write.")
        return httpx.Response(200, json=record)

    def _store(self, unique_name: str, data: Json) -> Json:
        record_id = hashlib.sha256(unique_name.encode()).hexdigest()[:32]
        receipt = {"id": record_id, "createdAt": f"2026-01-31T12:00:00.{len(self.stored):06}Z"}
        self.stored.setdefault(record_id, {**receipt, "data": data})
        return receipt

    def _page(self, parameters: Mapping[str, str]) -> httpx.Response:
        records = sorted(self.stored.values(), key=lambda record: str(record["createdAt"]), reverse=True)
        start, size = int(parameters.get("pageToken", 0)), int(parameters["pageSize"])
        more = {"nextPageToken": str(start + size)} if start + size < len(records) else {}
        return httpx.Response(200, json={"records": records[start : start + size], **more})


@dataclass
class Environment:
    """Time that passes only by waiting, and tokens that are made up."""

    time: float = START
    waits: list[float] = field(default_factory=list)
    users: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # with their roles, of local tokens
    audiences: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds

    def local_token(self, user: str, roles: tuple[str, ...]) -> str:
        self.users.append((user, roles))
        return token_of(sub=user, exp=START + 3600)

    def google_token(self, audience: str, _run: object) -> str:
        self.audiences.append(audience)
        return token_of(aud=audience)

    def dependencies(self, api: FakeApi) -> Dependencies:
        return Dependencies(
            local_token=self.local_token,
            google_token=self.google_token,
            transport=httpx.MockTransport(api),
            retry_timing=RetryTiming(self.sleep, lambda: self.time, lambda: 0.0),
            now=lambda: self.time,
        )


def rejection(status: int, message: str, details: Sequence[Json] = (), **headers: str) -> httpx.Response:
    body = {"code": status, "message": message, **({"details": details} if details else {})}
    return httpx.Response(status, json=body, headers=headers)


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def environment() -> Environment:
    return Environment()


@pytest.fixture(name="token_of")
def token_of_claims() -> Callable[..., str]:
    return token_of


@pytest.fixture
def reject() -> Callable[..., Handler]:
    """Makes a handler that rejects any request with this status, message, details and headers."""
    return lambda *arguments, **headers: lambda _request: rejection(*arguments, **headers)


@pytest.fixture
def call(api: FakeApi, environment: Environment) -> Call:
    """Runs a command with the environment variables that the test passes and no others of the client."""
    variables = ("DATA_API_URL", "DATA_API_AUDIENCE", "DATA_API_TOKEN", "DATA_API_KEY")
    unset = dict.fromkeys((*variables, "FORCE_COLOR", "TTY_COMPATIBLE"))

    def run(command: click.Command, *arguments: str, stdin: bytes | IO[bytes] = b"", **environ: str) -> Result:
        dependencies = environment.dependencies(api)
        return CliRunner().invoke(command, arguments, input=stdin, env={**unset, **environ}, obj=dependencies)

    return run
