"""The samples of docs/calling.md against an API that is busy and has several pages: they retry, wait and page."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from shutil import which
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.calling_page import printed_json, sample
from tests.support.records import SAMPLE
from tests.support.servers.http_server import serving

RECORD = {"id": "0a" * 16, "createdAt": "2026-01-31T12:00:00.000000Z", "data": SAMPLE}
OTHER = {**RECORD, "id": "0b" * 16}
COMMANDS = {
    "sh": ["/bin/sh", "-ec", sample("sh")],
    "python": [sys.executable, "-W", "error", "-c", sample("python")],
    "js": ["node", "--input-type=module", "--eval", sample("js")],
}
NEEDS = {"sh": "curl", "python": sys.executable, "js": "node"}


@dataclass
class BusyApi:
    """Answers every other request with 503, and a list with two pages."""

    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)  # method and path
    keys: list[str | None] = field(default_factory=list)
    preferences: list[str | None] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, object]:
        self.requests.append((handler.command, handler.path))
        if len(self.requests) % 2:
            return 503, {"code": 503, "message": "Temporarily unavailable."}
        path = urlsplit(handler.path)
        if handler.command == "POST":
            self.keys.append(handler.headers["idempotency-key"])
            return 202, {"id": RECORD["id"], "createdAt": RECORD["createdAt"]}
        if path.path != "/data":
            self.preferences.append(handler.headers["prefer"])
            return 200, RECORD
        if "pageToken" in parse_qs(path.query):
            return 200, {"records": [OTHER]}
        return 200, {"records": [RECORD], "nextPageToken": "next"}


@pytest.fixture
def api() -> Iterator[BusyApi]:
    result = BusyApi()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status, body = result.answer(self)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("retry-after", "0")
            self.send_header("location", f"/data/{RECORD['id']}")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as port:
        result.url = f"http://127.0.0.1:{port}"
        yield result


@pytest.mark.parametrize("language", COMMANDS)
def test_a_sample_retries_with_the_same_key_and_waits(api: BusyApi, language: str, tmp_path: Path) -> None:
    if which(NEEDS[language]) is None:
        pytest.skip(f"{NEEDS[language]} is not installed")
    environ = {**os.environ, "DATA_API_URL": api.url, "DATA_API_TOKEN": "token", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        COMMANDS[language], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert 0 == done.returncode, done.stderr
    record, page = printed_json(done.stdout)
    assert RECORD == record
    assert isinstance(page, dict)
    pages = 1 if language == "sh" else 2  # curl shows the first page, with the token of the next
    assert [RECORD, OTHER][:pages] == page["records"]
    assert (["order-1042"], ["wait=10"]) == (api.keys, api.preferences)
    assert [("POST", "/data")] * 2 == api.requests[:2]
    assert 2 * (2 + pages) == len(api.requests)
