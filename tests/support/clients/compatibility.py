"""Compares the contract with that of the last release, and names each breaking change: `make compatible`.

oasdiff says what breaks a client. A breaking change is allowed if the changelog owns up to it: its section Unreleased
then has the part `### Breaking`.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from tests.support.clients.python_client import write_bundle

ROOT = Path(__file__).parents[3]
FILES = ("openapi.yaml", "functions/record.schema.json")
MISSING = "oasdiff is not installed: go install github.com/oasdiff/oasdiff@v1.37.0, and add Go's bin folder to PATH."
_ERROR = 3  # oasdiff's level of what breaks clients; 2 is what may


def last_release(root: Path) -> str | None:
    """The tag with the highest version, or None before the first release."""
    tags = _git(root, "tag", "--list", "v*", "--sort=-version:refname").split()
    return tags[0] if tags else None


def breaking_changes(root: Path, release: str) -> list[str]:
    """What a client of the release would notice, a line each."""
    with TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        for name in FILES:
            for copy, text in ((before, _git(root, "show", f"{release}:{name}")), (after, (root / name).read_text())):
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                (copy / name).write_text(text, encoding="utf-8")
        bundles = [copy / "openapi.json" for copy in (before, after)]
        for bundle in bundles:
            write_bundle(bundle, bundle.parent / "functions")
        command = ["oasdiff", "breaking", *map(str, bundles), "--format=json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    changes = json.loads(done.stdout or "[]") or []
    return [
        f"{change['operation']} {change['path']}: {change['text']} [{change['id']}]"
        for change in changes
        if change["level"] == _ERROR
    ]


def owns_up(changelog: str) -> bool:
    """Whether the section Unreleased has a part about breaking changes."""
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return bool(unreleased and re.search(r"^### Breaking$", unreleased[1], re.MULTILINE))


def check(root: Path) -> str | None:
    """The problem with what to do, or None."""
    if which("oasdiff") is None:
        return MISSING
    release = last_release(root)
    changes = breaking_changes(root, release) if release else []
    if not changes or owns_up((root / "CHANGELOG.md").read_text(encoding="utf-8")):
        return None
    listed = "\n".join(f"  {change}" for change in changes)
    return (
        f"The contract breaks clients of {release}:\n{listed}\n"
        "Keep it compatible, or name the change in CHANGELOG.md under Unreleased, in a part ### Breaking."
    )


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(check(ROOT))
