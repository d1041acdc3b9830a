"""The synthetic caller against an API in memory."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import probe
from dataapi.gcp import settings
from dataapi.gcp.api_session import ApiSession
from dataapi.synthetic_caller import Answer, CallError
from tests.support.functions.adapters import environment
from tests.support.functions.calls import answer, assert_error, content, request

UNUSED = "127.0.0.1:9"
URL = "https://data.example.com"
EXAMPLE = json.loads((Path(probe.__file__).parent / "record.schema.json").read_text())["examples"][0]
ID = "f" * 32
POST, READ, DELETE = ("POST", "/data"), ("GET", f"/data/{ID}"), ("DELETE", f"/data/{ID}")


@dataclass
class InMemoryApi:
    """Answers as the API does, except where a test gives other answers."""

    answers: dict[tuple[str, str], list[Answer | CallError]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    record: Any = None

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        self.calls.append((method, path))
        if given := self.answers.get((method, path)):
            result = given.pop(0)
            if isinstance(result, CallError):
                raise result
            return result
        if method == "POST":
            self.keys.add(headers["idempotency-key"])
            self.record = json.loads(body)
            return Answer(202, {"id": ID, "createdAt": "2026-01-01T00:00:00Z"})
        assert method == "DELETE" or {"prefer": "wait=10"} == headers
        return Answer(200, {"id": ID, "data": self.record}) if method == "GET" else Answer(204, None)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryApi]:
    with environment(UNUSED, API_URL=URL, AUDIENCE="data-api-dev.a-project"):
        probe.dependencies.cache_clear()
        result = InMemoryApi()
        composed = replace(probe.dependencies(), connect=lambda: result)
        monkeypatch.setattr(probe, "dependencies", lambda: composed)
        yield result
    monkeypatch.undo()
    probe.dependencies.cache_clear()


async def test_a_call_posts_the_example_of_the_schema_reads_it_and_deletes_it(
    api: InMemoryApi, capsys: pytest.CaptureFixture[str]
) -> None:
    response = await answer(probe.probe, request("POST", "/"))
    assert (200, {"status": "ok"}) == (response.status_code, content(response))
    assert [POST, READ, DELETE] == api.calls
    assert EXAMPLE == api.record
    line = json.loads(capsys.readouterr().out)
    assert ("INFO", "synthetic_call_passed") == (line["severity"], line["message"])
    assert line["seconds"] >= 0


async def test_each_call_posts_another_record(api: InMemoryApi) -> None:
    for _ in range(3):
        await answer(probe.probe, request("POST", "/"))
    assert 3 == len(api.keys)


async def test_a_record_that_is_stored_late_is_waited_for_once_more(api: InMemoryApi) -> None:
    api.answers = {READ: [Answer(404, None)]}
    assert 200 == (await answer(probe.probe, request("POST", "/"))).status_code
    assert [POST, READ, READ, DELETE] == api.calls


NOT_YET = Answer(404, None)


@pytest.mark.parametrize(
    ("answers", "step", "reason", "calls"),
    [
        ({POST: [Answer(403, None)]}, "post", "got 403, expected 202", [POST]),
        ({POST: [CallError("ConnectTimeout")]}, "post", "no answer (ConnectTimeout)", [POST]),
        ({READ: [NOT_YET, NOT_YET]}, "read", "got 404, expected 200", [POST, READ, READ, DELETE]),
        ({READ: [Answer(410, None)]}, "read", "got 410, expected 200", [POST, READ, DELETE]),
        (
            {READ: [Answer(200, {"data": {"other": 1}})]},
            "read",
            "the record that is read differs from the one that was sent",
            [POST, READ, DELETE],
        ),
        ({DELETE: [Answer(503, None)]}, "delete", "got 503, expected 204", [POST, READ, DELETE]),
        (
            {READ: [CallError("ReadTimeout")], DELETE: [Answer(503, None)]},
            "read",
            "no answer (ReadTimeout)",
            [POST, READ, DELETE],
        ),
    ],
)
async def test_the_first_step_that_fails_is_logged_and_the_record_is_deleted_all_the_same(  # noqa: PLR0913, PLR0917 - pytest's
    api: InMemoryApi,
    capsys: pytest.CaptureFixture[str],
    answers: dict[tuple[str, str], list[Answer | CallError]],
    step: str,
    reason: str,
    calls: list[tuple[str, str]],
) -> None:
    api.answers = answers
    response = await answer(probe.probe, request("POST", "/"))
    assert_error(response, 500, f"The synthetic caller failed at {step}: {reason}.")
    assert calls == api.calls
    line = json.loads(capsys.readouterr().out)
    assert ("ERROR", "synthetic_call_failed") == (line["severity"], line["message"])
    assert (step, reason) == (line["step"], line["reason"])


def test_each_call_has_a_session_of_its_own() -> None:
    with environment(UNUSED, API_URL=URL, AUDIENCE="an-audience"):
        probe.dependencies.cache_clear()
        sessions = [probe.dependencies().connect() for _ in range(2)]
    probe.dependencies.cache_clear()
    assert all(isinstance(session, ApiSession) for session in sessions)
    assert sessions[0] is not sessions[1]


@pytest.mark.parametrize("missing", [settings.API_URL, settings.AUDIENCE])
async def test_a_missing_setting_is_named_in_the_log(missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    with environment(UNUSED, **{settings.API_URL: URL, settings.AUDIENCE: "an-audience", missing: ""}):
        probe.dependencies.cache_clear()
        assert_error(await answer(probe.probe, request("POST", "/")), 500, "The service failed.")
    probe.dependencies.cache_clear()
    assert f"{missing} is not set" in json.loads(capsys.readouterr().out)["reason"]
