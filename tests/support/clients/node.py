"""The npm packages of tests, by package-lock.json: installed once into .venv, and again if that file changes."""

import hashlib
import os
import subprocess
from pathlib import Path
from shutil import copyfile, which

import pytest

HERE = Path(__file__).parent
_FILES = ("package.json", "package-lock.json")
_FOLDER = HERE.parents[2] / ".venv" / "npm"
_NEEDED = "needs Node.js 20 or newer with npm, as from https://nodejs.org: the TypeScript client and the linter use it"


def packages() -> Path:
    """The folder with node_modules; skips the test if there is no npm, or on a laptop no network to install from."""
    if which("npm") is None or which("node") is None:
        pytest.skip(_NEEDED)
    lock = (HERE / "package-lock.json").read_bytes()
    folder = _FOLDER / hashlib.sha256(lock).hexdigest()[:16]
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        copyfile(HERE / name, folder / name)
    done = run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"npm could not install the packages: {done.stderr.strip().splitlines()[-1:]}")
    assert 0 == done.returncode, done.stderr
    (folder / "complete").touch()
    return folder


def tool(name: str) -> str:
    """The path of a program of the packages."""
    return str(packages() / "node_modules" / ".bin" / name)


def run(command: list[str], folder: Path, environ: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Runs a program to its end; it sends no statistics and looks for no newer version."""
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_UPDATE_NOTIFIER": "1"}
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **quiet, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
