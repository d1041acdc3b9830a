"""The samples of docs/clients.md run as they are."""

import json
import os
import subprocess
import uuid
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.clients import page, python_client, typescript_client
from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from tests.support.servers.live_api import Api


@pytest.fixture
def variables(api: "Api") -> dict[str, str]:
    token = api.token(f"page-{uuid.uuid4()}", "data.read", "data.write")
    return {"DATA_API_URL": api.url, "DATA_API_TOKEN": token, "NO_PROXY": "127.0.0.1"}


def check(output: str) -> None:
    assert SAMPLE == json.loads(output)["data"]


def run(command: list[str], folder: Path, variables: dict[str, str]) -> str:
    environ = {**os.environ, **variables}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=240, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_the_configuration_of_the_page_is_that_of_the_tests() -> None:
    tested = yaml.safe_load((python_client.HERE / "openapi-python-client.yaml").read_text())
    assert tested == {**yaml.safe_load(page.configuration()), "post_hooks": []}


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_curl(variables: dict[str, str], tmp_path: Path) -> None:
    check(run(["/bin/sh", "-ec", page.sample("sh")], tmp_path, variables))


def test_python(variables: dict[str, str], python_folder: Path) -> None:
    check(python_client.run(python_folder / "sample.py", python_folder, variables))


def test_typescript(variables: dict[str, str], typescript_folder: Path) -> None:
    check(typescript_client.run("sample.js", typescript_folder, variables))


@pytest.mark.skipif(which("go") is None, reason="Go is not installed")
def test_go(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "sample.go").write_text(page.sample("go"))
    check(run(["go", "run", "sample.go"], tmp_path, variables))
