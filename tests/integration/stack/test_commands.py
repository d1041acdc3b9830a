"""The errors of the commands."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner, Result

from data_api.shared import stack_state
from data_api.shared.stack_state import ProcessState, StackState
from data_api.stack import commands, token_command
from data_api.status import status


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for all tests, because creating the signing key is slow."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATA_API_HOME", str(folder))
        yield folder / ".data-api"


def token(*arguments: str) -> Result:
    return CliRunner().invoke(token_command.token, ["--user", "ada", *arguments])


def claims(*arguments: str) -> dict[str, Any]:
    result = token(*arguments)
    assert 0 == result.exit_code, result.output
    payload = result.stdout.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


@pytest.mark.parametrize("text", ["", "[1]", "7", "null", "{", "[" * 100_000])
def test_claims_that_are_no_json_object_are_rejected_with_an_example(text: str) -> None:
    result = token("--claims", text)

    assert 2 == result.exit_code
    (said,) = (line for line in result.stderr.splitlines() if line.startswith("Error: "))
    assert """Error: Invalid value for '--claims': give one JSON object, such as '{"hd": "example.com"}'.""" == said


def test_a_token_without_options_has_no_role_and_is_valid_for_an_hour() -> None:
    payload = claims()

    assert "Role" not in payload
    assert ("ada", "ada@example.com", 3600) == (payload["sub"], payload["email"], payload["exp"] - payload["iat"])


def test_options_set_claims_and_given_claims_replace_them() -> None:
    payload = claims("--role", "data.read", "--role", "data.write", "--email", "a@b.c", "--claims", '{"hd": "b.c"}')
    assert (["data.read", "data.write"], "a@b.c", "b.c") == (payload["Role"], payload["email"], payload["hd"])

    won = claims("--role", "data.read", "--claims", '{"Role": "x", "email": null, "exp": 7}', "--expires-in", "60")
    assert ("x", 7) == (won["Role"], won["exp"])
    assert "email" not in won

    assert claims("--expires-in", "-60")["exp"] == pytest.approx(time.time() - 120, abs=5)
    assert claims("--issuer", "identity-platform")["iss"].startswith("https://securetoken.google.com/")


def test_nothing_but_the_token_is_on_standard_output() -> None:
    assert 1 == len(token().stdout.splitlines())
    assert 2 == token().stdout.strip().count(".")


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_an_invalid_port_is_a_usage_error(port: str) -> None:
    assert 2 == CliRunner().invoke(commands.up, ["--port", port]).exit_code


def test_a_missing_key_set_is_a_usage_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(commands.up, ["--trust-jwks", str(tmp_path / "none.json")])

    assert 2 == result.exit_code
    assert "none.json' does not exist" in result.stderr


def test_without_a_stack_status_prints_how_to_start_one() -> None:
    sentence = "No stack runs on port 8090: start one with `data-api up --port 8090`."

    plain = CliRunner().invoke(status, ["--port", "8090"])
    as_json = CliRunner().invoke(status, ["--port", "8090", "--json"])

    assert (1, f"{sentence}\n") == (plain.exit_code, plain.stdout)
    assert 1 == as_json.exit_code
    assert {"url": "http://127.0.0.1:8090", "state": "stopped", "message": sentence, "processes": []} == (
        json.loads(as_json.stdout)
    )


def test_without_a_port_status_is_about_all_stacks_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_API_HOME", str(tmp_path))
    sentence = "No stack of this project runs: start one with `data-api up`."
    none, none_json, no_variables = (CliRunner().invoke(status, options) for options in ([], ["--json"], ["--env"]))
    assert (1, f"{sentence}\n") == (none.exit_code, none.stdout)
    assert (1, {"stacks": []}) == (none_json.exit_code, json.loads(none_json.stdout))
    assert (1, f"Error: {sentence}\n") == (no_variables.exit_code, no_variables.stderr)

    this = psutil.Process()
    for port, created in ((8095, this.create_time()), (8096, this.create_time()), (8097, 1.0)):
        _record(tmp_path / ".data-api", port, pid=this.pid, created=created)
    both = CliRunner().invoke(status, [])
    assert ["Data API at http://127.0.0.1:8095", "Data API at http://127.0.0.1:8096"] == [
        line.rpartition(":")[0] for line in both.stdout.splitlines() if line.startswith("Data API")
    ]
    assert "choose one with --port" in CliRunner().invoke(status, ["--env"]).stderr


def test_the_variables_are_only_for_the_local_stack() -> None:
    assert 2 == CliRunner().invoke(status, ["--env", "--stack", "dev"]).exit_code
    assert 2 == CliRunner().invoke(status, ["--env", "--json"]).exit_code


def test_the_state_file_of_a_killed_stack_is_ignored(home: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    _record(home, 8091, pid=ended.pid, created=time.time())

    assert "No stack runs on port 8091" in CliRunner().invoke(status, ["--port", "8091"]).stdout


def test_another_process_with_the_id_of_the_supervisor_is_recognised(home: Path) -> None:
    _record(home, 8092, pid=os.getpid(), created=1.0)

    assert "No stack runs on port 8092" in CliRunner().invoke(status, ["--port", "8092"]).stdout


def test_a_stack_with_a_missing_part_is_unhealthy(home: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    this = psutil.Process()
    _record(home, 8093, pid=this.pid, created=this.create_time(), part_pid=ended.pid)

    plain = CliRunner().invoke(status, ["--port", "8093"])
    as_json = CliRunner().invoke(status, ["--port", "8093", "--json"])

    assert (1, 1) == (plain.exit_code, as_json.exit_code)
    assert "unhealthy" in plain.stdout
    assert ["gateway", "gone", "8093", str(ended.pid)] == plain.stdout.splitlines()[2].split()
    assert [("gateway", "gone")] == [(part["name"], part["state"]) for part in json.loads(as_json.stdout)["processes"]]


def _record(home: Path, port: int, pid: int, created: float, part_pid: int | None = None) -> None:
    folder = home / str(port)
    folder.mkdir(parents=True)
    part = ProcessState("gateway", "127.0.0.1", port, stack_state.STARTING, part_pid)
    stack_state.write(
        folder, StackState(f"http://127.0.0.1:{port}", stack_state.STARTING, pid, created, "", {}, {}, (part,))
    )
