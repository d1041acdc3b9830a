"""The running system against its contract, with generated requests."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.clients import python_client

if TYPE_CHECKING:
    from tests.support.servers.live_api import Api

ROOT = Path(__file__).parents[2]


def test_schemathesis_finds_no_difference_between_the_contract_and_the_answers(api: "Api", tmp_path: Path) -> None:
    bundle = tmp_path / "openapi.json"
    python_client.write_bundle(bundle)
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        str(bundle),
        f"--url={api.url}",
        f"--header=Authorization: Bearer {api.token('fuzzer', 'data.read', 'data.write')}",
        "--checks=all",
        # It expects 404 of every method after a DELETE, but a preflight and a repeated DELETE are 204.
        # tests/properties/test_deletion.py checks that a deleted record cannot be read.
        "--exclude-checks=use_after_free",
        "--max-examples=30",
        "--max-time=30",
        "--no-color",
        f"--report-junit-path={tmp_path / 'report.xml'}",
    ]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    assert 0 == run.returncode, run.stdout[-8_000:] + run.stderr[-2_000:]


HOSTILE_BODIES = {
    "malformed": b'{"a": ',
    "deep": b'{"a": ' + b"[" * 100_000,
    "closed and deep": b'{"a":' * 900 + b"1" + b"}" * 900,
    "duplicate names": b'{"a": "a", "a": "b", "b": "c"}',
    "lone surrogate": b'{"a": "\\ud800", "b": "b"}',
    "NaN": b'{"a": NaN, "b": "b"}',
    "big integer": b'{"a": ' + b"9" * 10_000 + b', "b": "b"}',
    "beyond a double": b'{"a": 1e999, "b": "b"}',
    "not UTF-8": b'{"a": "\xff", "b": "b"}',
    "an array": b"[]",
    "nothing": b"",
    "a NUL": b"\x00",
}


@pytest.mark.parametrize("body", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES.keys())
def test_a_hostile_body_is_400_with_a_reason(api: "Api", body: bytes) -> None:
    with api.client("ada", "data.write") as client:
        answer = client.post("/data", content=body, headers={"content-type": "application/json"})

    assert (400, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert {"code", "message"} <= answer.json().keys() <= {"code", "message", "details"}


@pytest.mark.parametrize(
    ("content_type", "size", "status"),
    [
        ("application/json", 256 * 2**10 + 1, 413),
        ("application/x-ndjson", 8 * 2**20 + 1, 413),
        ("application/json", 33 * 2**20, 413),
        ("text/plain", 10, 415),
    ],
)
def test_a_body_too_large_or_of_another_type_is_rejected(api: "Api", content_type: str, size: int, status: int) -> None:
    with api.client("ada", "data.write") as client:
        answer = client.post("/data", content=b"x" * size, headers={"content-type": content_type})

    assert (status, status) == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    "query",
    ["pageSize=0", "pageSize=501", "pageSize=x", "pageToken=x", "since=yesterday", "order=up", "order=asc&order=asc"],
)
def test_a_bad_parameter_is_400_and_named(api: "Api", query: str) -> None:
    with api.client("ada", "data.read") as client:
        answer = client.get(f"/data?{query}")

    assert 400 == answer.status_code
    assert [query.split("=", maxsplit=1)[0]] == [detail["field"] for detail in answer.json()["details"]]


def test_the_gateway_rejects_paths_and_methods_that_are_not_in_the_contract(api: "Api") -> None:
    with api.client("ada", "data.read") as client:
        nowhere, wrong = client.get("/nowhere"), client.delete("/data")

    assert (404, "The current request is not defined by this API.") == (nowhere.status_code, nowhere.json()["message"])
    assert 405 == wrong.status_code
    assert isinstance(wrong, httpx.Response)
