"""Stands in for the API, the processes and the clock that the client meets.

Owns `api`, which keeps records and gives them ids as the functions do, and `call`, which runs a command against it.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
import httpx
import pytest
from click.testing import CliRunner, Result

from data_api.records.dependencies import Dependencies
from data_api.records.retry import Backoff
from data_api.shared.errors import CliError
from data_api.shared.programs import CompletedProgram

Json = dict[str, Any]
Answer = Callable[[httpx.Request], httpx.Response]
Call = Callable[..., Result]

START = 1_800_000_000.0


def token_of(**claims: object) -> str:
    """A token as far as the client reads it."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


@dataclass
class FakeApi:
    """Answers what is in `next_answers` first, then as an API that accepts everything."""

    next_answers: list[Answer] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    stored: dict[str, Json] = field(default_factory=dict)  # by id, oldest first

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.next_answers:
            return self.next_answers.pop(0)(request)
        if request.method == "POST":
            return self.accept(request)
        if request.url.path == "/data":
            return self._page(request.url.params)
        found = self.stored.get(request.url.path.removeprefix("/data/"))
        return httpx.Response(200, json=found) if found else refusal(404, "You have no record of this id, or not yet.")

    def keep(self, count: int) -> list[str]:
        """Puts records there; gives their ids."""
        return [str(self._store(f"kept {number}", {"n": number})["id"]) for number in range(count)]

    def accept(self, request: httpx.Request) -> httpx.Response:
        key = request.headers["idempotency-key"]
        if request.headers["content-type"] == "application/json":
            return httpx.Response(202, json=self._store(f"{key} alone", json.loads(request.content)))
        lines = request.content.split(b"\n")
        receipts = [self._store(f"{key} {place}", json.loads(line)) for place, line in enumerate(lines)]
        return httpx.Response(202, json={"records": receipts})

    def _store(self, place: str, data: Json) -> Json:
        record_id = hashlib.sha256(place.encode()).hexdigest()[:32]
        receipt = {"id": record_id, "createdAt": f"2026-01-31T12:00:00.{len(self.stored):06}Z"}
        self.stored.setdefault(record_id, {**receipt, "data": data})
        return receipt

    def _page(self, parameters: Mapping[str, str]) -> httpx.Response:
        records = sorted(self.stored.values(), key=lambda record: str(record["createdAt"]), reverse=True)
        start, size = int(parameters.get("pageToken", 0)), int(parameters["pageSize"])
        more = {"nextPageToken": str(start + size)} if start + size < len(records) else {}
        return httpx.Response(200, json={"records": records[start : start + size], **more})


@dataclass
class World:
    """Time that passes only by waiting, and processes that are only asked for."""

    time: float = START
    waits: list[float] = field(default_factory=list)
    commands: list[Sequence[str]] = field(default_factory=list)
    local_token_text: str = field(default_factory=lambda: token_of(exp=START + 3600))
    local_token_error: CliError | None = None
    local_users: list[str] = field(default_factory=list)
    audiences: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds

    def run(self, command: Sequence[str]) -> CompletedProgram:
        self.commands.append(command)
        return CompletedProgram(1, "", "no program runs here")

    def local_token(self, user: str) -> str:
        self.local_users.append(user)
        if self.local_token_error:
            raise self.local_token_error
        return self.local_token_text

    def google_token(self, audience: str, _run: object) -> str:
        self.audiences.append(audience)
        return token_of(aud=audience)

    def backoff(self) -> Backoff:
        return Backoff(self.sleep, lambda: self.time, lambda: 0.0)


def refusal(status: int, message: str, details: Sequence[Json] = (), **headers: str) -> httpx.Response:
    body = {"code": status, "message": message, **({"details": details} if details else {})}
    return httpx.Response(status, json=body, headers=headers)


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(name="token_of")
def token_of_claims() -> Callable[..., str]:
    return token_of


@pytest.fixture
def refuse() -> Callable[..., Answer]:
    """An answer that refuses any request so."""
    return lambda *given, **headers: lambda _request: refusal(*given, **headers)


@pytest.fixture
def call(api: FakeApi, world: World) -> Call:
    """Runs a command; the environment says nothing but what the test says."""
    dependencies = Dependencies(
        httpx.MockTransport(api), world.run, world.google_token, world.local_token, world.backoff(), lambda: world.time
    )
    own = ("DATA_API_URL", "DATA_API_AUDIENCE", "DATA_API_TOKEN", "DATA_API_KEY")
    unset = dict.fromkeys((*own, "FORCE_COLOR", "TTY_COMPATIBLE"))

    def run(command: click.Command, *arguments: str, given: bytes = b"", **environ: str) -> Result:
        return CliRunner().invoke(command, arguments, input=given, env={**unset, **environ}, obj=dependencies)

    return run
