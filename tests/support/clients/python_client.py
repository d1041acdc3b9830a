"""Generates the Python client from the bundle, and checks the types of a program that uses it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copyfile
from typing import Any

from dataapi.openapi import source

HERE = Path(__file__).parent
PROGRAM = HERE / "round_trip.py"
NAME = "data_api_client"


def write_bundle(file: Path, functions: Path = source.FUNCTIONS) -> dict[str, Any]:
    """Writes the bundle of these functions, and returns it."""
    document = source.read({"url": "http://127.0.0.1:8080"}, functions)
    file.write_text(json.dumps(document), encoding="utf-8")
    return document


def generate(bundle: Path, folder: Path) -> None:
    """Generates the package data_api_client in the folder; raises AssertionError for each warning."""
    program = Path(sys.executable).with_name("openapi-python-client")
    config = HERE / "openapi-python-client.yaml"
    options = [f"--path={bundle}", f"--output-path={folder / NAME}", "--meta=none", f"--config={config}"]
    done = _run([str(program), "generate", *options, "--fail-on-warning"], folder)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "warning" not in done.stdout.lower()


def type_errors(folder: Path, *programs: Path) -> str:
    """What mypy says with --strict of the package and of programs that use it; empty if nothing."""
    cache = f"--cache-dir={folder / 'mypy'}"
    options = ["--strict", "--no-error-summary", "--config-file=", cache, "--ignore-missing-imports"]
    done = _run([sys.executable, "-m", "mypy", *options, "-p", NAME, *_modules(folder, programs)], folder)
    return done.stdout + done.stderr


def _modules(folder: Path, programs: tuple[Path, ...]) -> list[str]:
    """mypy takes packages or files, so a program is copied beside the package."""
    for program in programs:
        if program.parent != folder:
            copyfile(program, folder / program.name)
    return [option for program in programs for option in ("-m", program.stem)]


def run(program: Path, folder: Path, environ: dict[str, str]) -> str:
    """What the program prints; raises AssertionError if it fails."""
    done = _run([sys.executable, "-W", "error", str(program)], folder, {**environ, "PYTHONPATH": str(folder)})
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def _run(command: list[str], folder: Path, environ: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
