"""`make compatible`: a change of the contract that breaks clients of the last release is named."""

import json
import subprocess
from pathlib import Path
from shutil import copyfile, which

import pytest

from tests.support.clients.compatibility import FILES, MISSING, check, last_release, owns_up

ROOT = Path(__file__).parents[2]
SCHEMA = "functions/record.schema.json"
AUTHOR = ("-c", "user.name=Author", "-c", "user.email=author@example.com")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *AUTHOR, *arguments], check=True, capture_output=True)  # noqa: S607 - git of the developer


@pytest.fixture
def oasdiff() -> None:
    if which("oasdiff") is None:
        pytest.skip(MISSING)


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A repository whose last release has the contract of this one."""
    (tmp_path / "functions").mkdir()
    for name in (*FILES, "CHANGELOG.md"):
        copyfile(ROOT / name, tmp_path / name)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=Release")
    for tag in ("v0.9.0", "v0.10.0"):
        git(tmp_path, "tag", tag)
    return tmp_path


def require_a_property(root: Path) -> None:
    schema = json.loads((root / SCHEMA).read_text())
    schema["required"].append("weight")
    schema["properties"]["weight"] = {"type": "integer"}
    schema["examples"] = [{**example, "weight": 1} for example in schema["examples"]]
    (root / SCHEMA).write_text(json.dumps(schema))


def test_the_last_release_is_the_tag_with_the_highest_version(released: Path) -> None:
    assert "v0.10.0" == last_release(released)


@pytest.mark.usefixtures("oasdiff")
def test_an_unchanged_contract_and_a_new_operation_are_compatible(released: Path) -> None:
    assert check(released) is None
    contract = (released / "openapi.yaml").read_text()
    (released / "openapi.yaml").write_text(contract.replace("  /healthz:\n", "  /data/other: {}\n  /healthz:\n"))
    assert check(released) is None


@pytest.mark.usefixtures("oasdiff")
def test_a_required_property_and_a_removed_path_are_named(released: Path) -> None:
    require_a_property(released)
    contract = (released / "openapi.yaml").read_text()
    (released / "openapi.yaml").write_text(contract.replace("  /data/{id}:\n", "  /records/{id}:\n"))
    problem = check(released)
    assert problem is not None
    assert problem.startswith("The contract breaks clients of v0.10.0:\n")
    assert "POST /data: added the new required request property `weight`" in problem
    assert "GET /data/{id}: API path removed without deprecation" in problem


@pytest.mark.usefixtures("oasdiff")
def test_a_breaking_change_that_the_changelog_names_is_allowed(released: Path) -> None:
    require_a_property(released)
    changelog = (released / "CHANGELOG.md").read_text()
    text = "## [Unreleased]\n\n### Breaking\n- A record needs a weight.\n"
    (released / "CHANGELOG.md").write_text(changelog.replace("## [Unreleased]\n", text, 1))
    assert check(released) is None


@pytest.mark.parametrize(
    ("changelog", "expected"),
    [
        ("## [Unreleased]\n\n### Breaking\n- x\n\n## [1.0.0]\n", True),
        ("## [Unreleased]\n\n### Added\n- ### Breaking\n\n## [1.0.0]\n", False),
        ("## [Unreleased]\n\n## [1.0.0]\n\n### Breaking\n- x\n", False),
        ("", False),
    ],
)
def test_only_the_part_of_what_is_unreleased_owns_up(changelog: str, expected: bool) -> None:  # noqa: FBT001 - a case
    assert expected == owns_up(changelog)
