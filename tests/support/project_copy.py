"""A copy of the project as git would clone it, with what is not committed yet, to change and to run tests in."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class ProjectCopy:
    """The copy's folder. It uses this environment and this project's downloads, but none of its Python files."""

    root: Path

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a Python program that is to import the copy's files."""
        folders = (".", "cli", "functions", "infra")
        return {**os.environ, "PYTHONPATH": os.pathsep.join(str(self.root / folder) for folder in folders)}

    def pytest(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs tests of the copy to their end."""
        return self._python("-m", "pytest", "--quiet", "-p", "no:cacheprovider", *arguments)

    def output_of(self, program: str) -> str:
        """What a Python program prints; fails if it fails."""
        completed = self._python("-c", program)
        assert 0 == completed.returncode, completed.stderr
        return completed.stdout

    def _python(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=self.root, env=self.environ, capture_output=True, text=True, check=False)


def copy_project(root: Path) -> ProjectCopy:
    """Copies the project into the folder `root`, which must not exist."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git of the developer
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            copy2(ROOT / name, root / name)
    (root / ".venv").symlink_to(Path(sys.prefix))
    downloads = ROOT / ".data-api" / "emulators"
    downloads.mkdir(parents=True, exist_ok=True)
    (root / ".data-api").mkdir()
    (root / ".data-api" / "emulators").symlink_to(downloads)
    return ProjectCopy(root)
