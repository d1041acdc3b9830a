"""The program that writes the web page for a bucket: the same files as the function serves."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from dataapi.web import headers, release

ROOT = Path(__file__).parents[4]
RELEASE = release.read(ROOT / "web", ROOT / "functions" / "record.schema.json")


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    return tmp_path / "bucket"


def test_importing_the_program_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_module("dataapi.web.export", run_name="imported")
    assert "" == capsys.readouterr().out


def export(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:  # noqa: ANN401  JSON
    monkeypatch.setattr(sys, "argv", ["export", *arguments])
    runpy.run_module("dataapi.web.export", run_name="__main__")
    return json.loads(capsys.readouterr().out)


def test_the_files_and_their_addresses_are_those_of_the_function(
    bucket: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = export(monkeypatch, capsys, str(bucket), "--role-claim=groups", "--client-id=a-client")
    written = {f"/{path.relative_to(bucket).as_posix()}": path.read_bytes() for path in bucket.rglob("*.*")}
    assert written.keys() == printed["mediaTypes"].keys()
    assert "text/html; charset=utf-8" == printed["mediaTypes"]["/index.html"]
    configuration = json.loads(written.pop("/app/config.json"))
    assert (RELEASE.digest, "groups") == (configuration["release"], configuration["rolesClaim"])
    assert {
        "authorizationEndpoint": "https://accounts.google.com/o/oauth2/v2/auth",
        "clientId": "a-client",
    } == configuration["signIn"]
    expected = {address: file.content for address, file in RELEASE.files.items()}
    assert expected == {"/" if name == "/index.html" else name: content for name, content in written.items()}


@pytest.mark.parametrize("key", ["", "AIza"])
def test_the_headers_are_those_of_the_function(
    bucket: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    printed = export(monkeypatch, capsys, str(bucket), f"--identity-platform-key={key}")
    assert headers.read(ROOT / "functions" / "web_headers.toml", identity_platform=bool(key)) == printed["headers"]
