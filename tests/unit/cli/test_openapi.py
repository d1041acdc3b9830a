"""`data-api openapi`: the document, the address in it, and what is said if it cannot be made."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from data_api import openapi
from data_api.main import main
from data_api.ops.dependencies import Dependencies


def run(*arguments: str, dependencies: Dependencies | None = None) -> Result:
    return CliRunner().invoke(main, ["openapi", *arguments], obj=dependencies)


def test_json_and_yaml_are_the_same_document() -> None:
    as_json, as_yaml = run("--json"), run()
    assert (0, 0) == (as_json.exit_code, as_yaml.exit_code), as_yaml.output
    assert json.loads(as_json.stdout) == yaml.safe_load(as_yaml.stdout)
    assert "http://127.0.0.1:8080" == json.loads(as_json.stdout)["servers"][0]["url"]


def test_it_names_the_address_that_is_given() -> None:
    document = json.loads(run("--json", "--url", "https://api.example.com/").stdout)
    assert ["https://api.example.com"] == [server["url"] for server in document["servers"]]


def test_it_names_the_address_of_a_deployment(tmp_path: Path) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text('#!/bin/sh\necho \'{"url": "https://dev.example.com", "audience": "a"}\'\n')
    pulumi.chmod(0o755)
    dependencies = Dependencies(root=tmp_path, environ={"PATH": f"{tmp_path}:/bin:/usr/bin"})
    document = json.loads(run("--json", "--stack", "dev", dependencies=dependencies).stdout)
    assert [{"url": "https://dev.example.com", "description": "The deployment dev."}] == document["servers"]


@pytest.mark.parametrize(
    "url", ["example.com", "ftp://example.com", "https://user@example.com", "https://[x", "https://a?b"]
)
def test_an_address_that_is_none_is_a_usage_error(url: str) -> None:
    result = run("--url", url)
    assert (2, True) == (result.exit_code, url in result.stderr)


def test_a_deployment_and_an_address_exclude_each_other() -> None:
    result = run("--stack", "dev", "--url", "https://example.com")
    assert (2, True) == (result.exit_code, "leave out --url" in result.stderr)


def test_without_a_clone_it_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(openapi, "_FUNCTIONS", tmp_path / "functions")
    result = run()
    assert (1, True) == (result.exit_code, "run it in a clone" in result.stderr)


def test_the_functions_reason_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dataapi").mkdir()
    (tmp_path / "dataapi" / "openapi.py").write_text('import sys; sys.exit("openapi.yaml is missing: restore it.")')
    monkeypatch.setattr(openapi, "_FUNCTIONS", tmp_path)
    result = run()
    assert (1, True) == (result.exit_code, "openapi.yaml is missing: restore it." in result.stderr)
