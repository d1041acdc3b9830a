"""What the commands say to what they cannot do."""

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


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One for all: making the signing key takes a while."""
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
def test_claims_that_are_no_json_object_are_refused_with_an_example(text: str) -> None:
    result = token("--claims", text)

    assert 2 == result.exit_code
    (said,) = (line for line in result.stderr.splitlines() if line.startswith("Error: "))
    assert """Error: Invalid value for '--claims': give one JSON object, such as '{"hd": "example.com"}'.""" == said


def test_a_token_without_options_has_no_role_and_holds_for_an_hour() -> None:
    made = claims()

    assert "Role" not in made
    assert ("ada", "ada@example.com", 3600) == (made["sub"], made["email"], made["exp"] - made["iat"])


def test_a_token_has_what_the_options_say_and_more_claims_win() -> None:
    made = claims("--role", "data.read", "--role", "data.write", "--email", "a@b.c", "--claims", '{"hd": "b.c"}')
    assert (["data.read", "data.write"], "a@b.c", "b.c") == (made["Role"], made["email"], made["hd"])

    won = claims("--role", "data.read", "--claims", '{"Role": "x", "email": null, "exp": 7}', "--expires-in", "60")
    assert ("x", 7) == (won["Role"], won["exp"])
    assert "email" not in won

    assert claims("--expires-in", "-60")["exp"] == pytest.approx(time.time() - 60, abs=5)
    assert claims("--issuer", "identity-platform")["iss"].startswith("https://securetoken.google.com/")


def test_nothing_but_the_token_is_on_standard_output() -> None:
    assert 1 == len(token().stdout.splitlines())
    assert 2 == token().stdout.strip().count(".")


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_port_that_is_none_is_a_usage_error(port: str) -> None:
    assert 2 == CliRunner().invoke(commands.up, ["--port", port]).exit_code


def test_a_key_set_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(commands.up, ["--trust-jwks", str(tmp_path / "none.json")])

    assert 2 == result.exit_code
    assert "none.json' does not exist" in result.stderr


def test_where_no_stack_runs_status_says_how_to_start_one() -> None:
    sentence = "No stack runs on port 8090: start one with `data-api up --port 8090`."

    plain = CliRunner().invoke(commands.status, ["--port", "8090"])
    as_json = CliRunner().invoke(commands.status, ["--port", "8090", "--json"])

    assert (1, f"{sentence}\n") == (plain.exit_code, plain.stdout)
    assert 1 == as_json.exit_code
    assert {"url": "http://127.0.0.1:8090", "state": "stopped", "message": sentence, "processes": []} == (
        json.loads(as_json.stdout)
    )


def test_a_record_that_a_killed_stack_has_left_is_not_believed(home: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    _record(home, 8091, pid=ended.pid, created=time.time())

    assert "No stack runs on port 8091" in CliRunner().invoke(commands.status, ["--port", "8091"]).stdout


def test_a_process_that_has_got_the_supervisors_id_is_not_taken_for_it(home: Path) -> None:
    _record(home, 8092, pid=os.getpid(), created=1.0)

    assert "No stack runs on port 8092" in CliRunner().invoke(commands.status, ["--port", "8092"]).stdout


def test_a_stack_with_an_ended_process_is_unhealthy(home: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    this = psutil.Process()
    _record(home, 8093, pid=this.pid, created=this.create_time(), process_pid=ended.pid)

    plain = CliRunner().invoke(commands.status, ["--port", "8093"])
    as_json = CliRunner().invoke(commands.status, ["--port", "8093", "--json"])

    assert (1, 1) == (plain.exit_code, as_json.exit_code)
    assert "unhealthy" in plain.stdout
    assert ["gateway", "gone", "8093", str(ended.pid)] == plain.stdout.splitlines()[2].split()
    assert [("gateway", "gone")] == [
        (process["name"], process["state"]) for process in json.loads(as_json.stdout)["processes"]
    ]


def _record(home: Path, port: int, pid: int, created: float, process_pid: int | None = None) -> None:
    folder = home / str(port)
    folder.mkdir(parents=True)
    process = ProcessState("gateway", "127.0.0.1", port, stack_state.STARTING, process_pid)
    stack_state.write(
        folder, StackState(f"http://127.0.0.1:{port}", stack_state.STARTING, pid, created, "", {}, {}, (process,))
    )
