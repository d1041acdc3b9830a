"""uv, which checks the hashes of all other packages, is itself installed by pip with a version and hashes."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKED = ROOT / "requirements" / "tools.txt"
METADATA = "Metadata-Version: 2.1\nName: uv\nVersion: 99.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def test_the_installer_has_one_version_and_hashes_for_the_usual_machines() -> None:
    requirements = re.sub(r"\\\n", "", LOCKED.read_text())
    lines = [line for line in requirements.splitlines() if line and not line.lstrip().startswith("#")]
    assert all(re.match(r"[\w-]+==[\w.]+( ;.*)?\s+--hash=sha256:[0-9a-f]{64}", line) for line in lines)
    assert ["uv"] == [line.partition("==")[0] for line in lines]


def test_make_uses_no_other_uv_than_the_pinned_one() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "UV := .tools/bin/uv\n" in makefile
    installing = [line for line in makefile.splitlines() if "pip install" in line and "$(UV)" not in line]
    assert [] == [line for line in installing if "--require-hashes" not in line]
    assert 1 == len(installing)


@pytest.mark.parametrize("is_tampered", [False, True], ids=["as locked", "tampered"])
def test_an_installer_with_another_hash_is_not_installed(tmp_path: Path, *, is_tampered: bool) -> None:
    """With a uv of our own, so that no network is needed."""
    wheel = tmp_path / "wheels" / "uv-99.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("uv-99.0.data/scripts/uv", "#!/bin/sh\n")
        archive.writestr("uv-99.0.dist-info/METADATA", METADATA)
        archive.writestr("uv-99.0.dist-info/WHEEL", WHEEL)
        archive.writestr("uv-99.0.dist-info/RECORD", "")
    digest = hashlib.sha256(b"another" if is_tampered else wheel.read_bytes()).hexdigest()
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "tools.txt").write_text(f"uv==99.0 --hash=sha256:{digest}\n")
    shutil.copyfile(ROOT / "Makefile", tmp_path / "Makefile")
    environ = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel.parent)}
    command = ["make", ".tools/bin/uv", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert is_tampered == (done.returncode != 0), done.stderr
    assert is_tampered == ("DO NOT MATCH THE HASHES" in done.stderr)
    assert is_tampered != (tmp_path / ".tools" / "bin" / "uv").exists()
