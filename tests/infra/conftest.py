"""Rehearses the shipped stacks once for all tests; what a rehearsal is stands in `rehearsal.py`."""

import shutil
from pathlib import Path

import pytest

from tests.support.infra.pulumi_mocks import FULL, ROOT, Rehearsal, rehearse, rehearse_bootstrap


@pytest.fixture(scope="session")
def dev() -> Rehearsal:
    return rehearse("dev")


@pytest.fixture(scope="session")
def prod() -> Rehearsal:
    return rehearse("prod")


@pytest.fixture(scope="session")
def full() -> Rehearsal:
    """prod with every option that it leaves off."""
    return rehearse("prod", FULL)


@pytest.fixture(scope="session")
def prepared() -> Rehearsal:
    """What a project is prepared with."""
    return rehearse_bootstrap()


@pytest.fixture(params=["dev", "prod"])
def either(request: pytest.FixtureRequest) -> Rehearsal:
    """One stack after the other: what must hold for both."""
    found: Rehearsal = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["dev", "prod", "full"])
def every(request: pytest.FixtureRequest) -> Rehearsal:
    """Both stacks, and one with every option: what must hold whatever is configured."""
    found: Rehearsal = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources somewhere else, written anew."""
    shutil.copytree(ROOT / "functions", tmp_path / "functions", copy_function=shutil.copyfile)
    shutil.copytree(ROOT / "infra", tmp_path / "infra")
    shutil.copyfile(ROOT / "openapi.yaml", tmp_path / "openapi.yaml")
    (tmp_path / "docs").mkdir()
    shutil.copyfile(ROOT / "docs/operations.md", tmp_path / "docs/operations.md")
    return tmp_path
