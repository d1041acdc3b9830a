"""The project, the contract and the changelog have one version, and a release's tag has the same."""

import os
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_the_contract_has_the_version_of_the_project() -> None:
    contract = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    assert VERSION == contract["info"]["version"]


def test_the_newest_version_in_the_changelog_is_that_of_the_project() -> None:
    versions = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert VERSION == versions[0]


def test_the_tag_of_a_release_is_the_version() -> None:
    """Set by the release workflow; elsewhere there is no tag to compare."""
    assert f"v{VERSION}" == os.environ.get("RELEASE_TAG", f"v{VERSION}")
