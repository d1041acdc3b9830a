"""Rehearses the shipped stacks once for all tests; what a rehearsal is stands in `rehearsal.py`."""

import shutil
from pathlib import Path

import pytest

from tests.support.infra.pulumi_mocks import FULL, ROOT, RecordedDeployment, run_bootstrap_program, run_program


@pytest.fixture(scope="session")
def dev() -> RecordedDeployment:
    return run_program("dev")


@pytest.fixture(scope="session")
def prod() -> RecordedDeployment:
    return run_program("prod")


@pytest.fixture(scope="session")
def full() -> RecordedDeployment:
    """prod with every option that it leaves off."""
    return run_program("prod", FULL)


@pytest.fixture(scope="session")
def prepared() -> RecordedDeployment:
    """What a project is prepared with."""
    return run_bootstrap_program()


@pytest.fixture(params=["dev", "prod"])
def dev_or_prod(request: pytest.FixtureRequest) -> RecordedDeployment:
    """One stack after the other: what must hold for both."""
    result: RecordedDeployment = request.getfixturevalue(request.param)
    return result


@pytest.fixture(params=["dev", "prod", "full"])
def each_stack(request: pytest.FixtureRequest) -> RecordedDeployment:
    """Both stacks, and one with every option: what must hold whatever is configured."""
    result: RecordedDeployment = request.getfixturevalue(request.param)
    return result


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """The sources somewhere else, written anew."""
    shutil.copytree(ROOT / "functions", tmp_path / "functions", copy_function=shutil.copyfile)
    shutil.copytree(ROOT / "infra", tmp_path / "infra")
    shutil.copyfile(ROOT / "openapi.yaml", tmp_path / "openapi.yaml")
    (tmp_path / "docs").mkdir()
    shutil.copyfile(ROOT / "docs/operations.md", tmp_path / "docs/operations.md")
    return tmp_path
