"""What `data-api doctor` prints, and how it exits."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from data_api.doctor import doctor
from data_api.ops.doctor.report import show
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult
from data_api.stack import machine_checks

JAVA = CheckResult("java", OK, "/bin/java")
PORT = CheckResult("port", PROBLEM, "8080 is in use", "data-api up --port 8081")
DISK = CheckResult("disk", UNKNOWN, "not checked")


def run_doctor(
    monkeypatch: pytest.MonkeyPatch, results: list[CheckResult], *arguments: str
) -> tuple[Result, list[int]]:
    """Runs doctor with these results of its checks, and returns the checked ports."""
    ports: list[int] = []

    def checks(port: int) -> Iterator[CheckResult]:
        ports.append(port)
        yield from results

    monkeypatch.setattr(machine_checks, "checks", checks)
    return CliRunner().invoke(doctor, [*arguments]), ports


def test_without_problems_it_exits_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    result, ports = run_doctor(monkeypatch, [JAVA], "--port", "8090")
    assert (0, "ok       java: /bin/java\n\nNo problems.\n") == (result.exit_code, result.stdout)
    assert [8090] == ports


def test_a_problem_is_printed_with_its_fix_and_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = run_doctor(monkeypatch, [PORT, DISK])
    assert 1 == result.exit_code
    assert [
        "problem  port: 8080 is in use",
        "    data-api up --port 8081",
        "unknown  disk: not checked",
        "",
        "1 problem to fix. 1 could not be checked.",
    ] == result.stdout.splitlines()


def test_as_json_it_is_one_object_with_the_same_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = run_doctor(monkeypatch, [JAVA, PORT, DISK], "--json")
    report = json.loads(result.stdout)
    assert (1, False) == (result.exit_code, report["ok"])
    assert [True, False, None] == [check["ok"] for check in report["checks"]]
    port = {"name": "port", "ok": False, "message": "8080 is in use", "fix": "data-api up --port 8081"}
    assert port == report["checks"][1]
    healthy, _ = run_doctor(monkeypatch, [JAVA, DISK], "--json")
    assert (0, True) == (healthy.exit_code, json.loads(healthy.stdout)["ok"])


def test_in_a_terminal_marks_show_the_states() -> None:
    screen = io.StringIO()
    show([JAVA, PORT, DISK], Console(file=screen, force_terminal=True, color_system=None))
    lines = ["✓ java: /bin/java", "✗ port: 8080 is in use", "    data-api up --port 8081", "? disk: not checked"]
    assert lines == screen.getvalue().splitlines()[:4]


@pytest.mark.parametrize(
    "module",
    ["data_api.doctor", "data_api.ops.commands", "data_api.ops.dead_letters.commands", "data_api.ops.init.commands"],
)
def test_loading_a_command_loads_nothing_heavy(module: str) -> None:
    heavy = ["rich", "httpx", "google.auth", "yaml", "data_api.ops.doctor", "data_api.ops.drill", "data_api.stack"]
    program = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    completed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]\n" == completed.stdout
