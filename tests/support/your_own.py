"""Does what docs/your-own.md says to add a second function, in a copy of the project."""

import re
import subprocess
from pathlib import Path

from tests.support.project_copy import ROOT

_PAGE = (ROOT / "docs" / "your-own.md").read_text(encoding="utf-8")
_SECTION = _PAGE.partition("## A second function")[2]
_BLOCKS = re.compile(r"```(?:sh|yaml)\n(.*?)```", re.DOTALL)


def add_function(root: Path) -> None:
    """Runs the commands of the page, and inserts its lines into openapi.yaml."""
    commands, backend, paths = _BLOCKS.findall(_SECTION)
    subprocess.run(["/bin/sh", "-ec", commands], cwd=root, check=True)
    contract = root / "openapi.yaml"
    text = contract.read_text(encoding="utf-8")
    text = text.replace("  backends:\n", f"  backends:\n{backend}", 1).replace("\npaths:\n", f"\npaths:\n{paths}", 1)
    contract.write_text(text, encoding="utf-8")
