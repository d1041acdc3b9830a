"""What the commands say without Google, Pulumi or a network."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner, Result

from data_api.ops.commands import doctor

CHECKED: list[int] = []


def found_well(port: int) -> Iterator[Mapping[str, str]]:
    CHECKED.append(port)
    yield {"name": "java", "state": "well", "says": "/bin/java"}


def found_wrong(_port: int) -> Iterator[Mapping[str, str]]:
    yield {"name": "port", "state": "wrong", "says": "8080 is taken", "mend": "data-api up --port 8081"}
    yield {"name": "disk", "state": "unknown", "says": "not checked"}


def asked(monkeypatch: pytest.MonkeyPatch, checks: str, *arguments: str) -> Result:
    """The doctor of this machine, where the one entry point is a function of this file."""
    monkeypatch.setitem(sys.modules, "checks_of_a_test", sys.modules[__name__])
    entry = EntryPoint("test", f"checks_of_a_test:{checks}", "data_api.checks")
    found = [entry] if checks else []
    monkeypatch.setattr("data_api.ops.doctor.checks.entry_points", lambda group: found if group == entry.group else [])
    return CliRunner().invoke(doctor, [*arguments])


def test_a_machine_on_which_all_is_well_exits_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    result = asked(monkeypatch, "found_well", "--port", "8090")
    assert (0, "well     java: /bin/java\n\nNothing is wrong.\n") == (result.exit_code, result.stdout)
    assert 8090 == CHECKED[-1]


def test_what_is_wrong_is_said_with_what_mends_it_and_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    result = asked(monkeypatch, "found_wrong")
    assert 1 == result.exit_code
    assert [
        "wrong    port: 8080 is taken",
        "    data-api up --port 8081",
        "unknown  disk: not checked",
        "",
        "1 to mend. 1 could not be checked.",
    ] == result.stdout.splitlines()


def test_an_installation_without_checks_is_not_called_well(monkeypatch: pytest.MonkeyPatch) -> None:
    result = asked(monkeypatch, "")
    assert 1 == result.exit_code
    assert "wrong    installation: it has no data_api.checks\n    make setup" in result.stdout


def test_as_json_it_is_one_object_with_the_same_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    result = asked(monkeypatch, "found_wrong", "--json")
    report = json.loads(result.stdout)
    assert (1, False) == (result.exit_code, report["well"])
    assert {"name": "disk", "state": "unknown", "says": "not checked", "mend": ""} == report["findings"][1]
    assert (0, True) == (
        (well := asked(monkeypatch, "found_well", "--json")).exit_code,
        json.loads(well.stdout)["well"],
    )


def test_in_a_terminal_marks_stand_for_the_states() -> None:
    from rich.console import Console  # noqa: PLC0415 - no other test of this file needs it

    from data_api.ops.doctor.finding import Finding  # noqa: PLC0415 - the same
    from data_api.ops.doctor.report import show  # noqa: PLC0415 - the same

    screen = io.StringIO()
    findings = [Finding("a", "well", "A"), Finding("b", "wrong", "B", "mend b"), Finding("c", "unknown", "C")]
    show(findings, Console(file=screen, force_terminal=True, color_system=None))
    assert ["✓ a: A", "✗ b: B", "    mend b", "? c: C"] == screen.getvalue().splitlines()[:4]


def test_loading_the_commands_loads_nothing_heavy() -> None:
    heavy = ["rich", "httpx", "google.auth", "yaml", "data_api.ops.doctor", "data_api.ops.drill"]
    program = f"import sys, data_api.ops.commands; print([name for name in {heavy} if name in sys.modules])"
    assert "[]\n" == subprocess.check_output([sys.executable, "-c", program], text=True)
