"""The shipped stacks, declared once for all tests with mocks."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.infra.pulumi_program import run_bootstrap_program, run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import FULL, OPERATOR, ROOT


@pytest.fixture(scope="session")
def dev() -> RecordedDeployment:
    return run_program("dev")


@pytest.fixture(scope="session")
def prod() -> RecordedDeployment:
    return run_program("prod")


@pytest.fixture(scope="session")
def full() -> RecordedDeployment:
    """prod with every option that is off by default."""
    return run_program("prod", FULL)


@pytest.fixture(scope="session")
def bootstrapped() -> RecordedDeployment:
    """What the bootstrap program declares."""
    return run_bootstrap_program()


@pytest.fixture(scope="session")
def prepared() -> Mapping[str, RecordedDeployment]:
    """The stacks in a prepared project, where infra/bootstrap has created accounts and roles."""
    said = {**OPERATOR, "data-api:prepared": "true"}
    return {
        "dev": run_program("dev", said),
        "prod": run_program("prod", said),
        "full": run_program("prod", {**FULL, **said}),
    }


@pytest.fixture(params=["dev", "prod"])
def dev_or_prod(request: pytest.FixtureRequest) -> RecordedDeployment:
    """For tests that must pass for both stacks."""
    result: RecordedDeployment = request.getfixturevalue(request.param)
    return result


@pytest.fixture(params=["dev", "prod", "full"])
def each_stack(request: pytest.FixtureRequest) -> RecordedDeployment:
    """For tests that must pass with any settings."""
    result: RecordedDeployment = request.getfixturevalue(request.param)
    return result


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """A copy of the sources, with new file times."""
    shutil.copytree(ROOT / "functions", tmp_path / "functions", copy_function=shutil.copyfile)
    shutil.copytree(ROOT / "web", tmp_path / "web", copy_function=shutil.copyfile)
    shutil.copytree(ROOT / "infra", tmp_path / "infra")
    shutil.copyfile(ROOT / "openapi.yaml", tmp_path / "openapi.yaml")
    (tmp_path / "docs").mkdir()
    shutil.copyfile(ROOT / "docs/operations.md", tmp_path / "docs/operations.md")
    return tmp_path
