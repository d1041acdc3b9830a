"""Runs the commands that the pipeline prints after a failed deployment."""

import os
import re
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".github" / "roll-back.sh"
NOBODY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.example", "GIT_CONFIG_GLOBAL": os.devnull}
GIT = {**os.environ, **NOBODY, "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.example"}


def comment(before: str, failed: str = "f" * 40) -> str:
    environ = {**os.environ, "STACK": "prod", "BEFORE": before, "GITHUB_SHA": failed}
    return subprocess.run([str(SCRIPT)], env=environ, capture_output=True, text=True, check=True).stdout


def sh(command: str, folder: Path) -> str:
    done = subprocess.run(["/bin/sh", "-ec", command], cwd=folder, env=GIT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a repository whose last commit has changed, added and deleted a file."""
    (tmp_path / "clone").mkdir()
    sh("git init --quiet --bare --initial-branch main origin", tmp_path)
    sh("git clone --quiet ../origin . && git switch --quiet --create main", tmp_path / "clone")
    sh("echo 1 > changed && echo 1 > deleted && git add . && git commit --quiet -m good", tmp_path / "clone")
    sh("echo 2 > changed && echo 2 > added && git rm --quiet deleted && git add .", tmp_path / "clone")
    sh("git commit --quiet -m bad && git push --quiet origin main", tmp_path / "clone")
    return tmp_path / "clone"


def test_the_branch_of_the_commands_has_exactly_the_previous_content(clone: Path) -> None:
    good, bad = sh("git rev-parse main^", clone), sh("git rev-parse main", clone)

    commands = re.findall(r"~~~sh\n(.*?)~~~", comment(good, bad), re.DOTALL)[0]
    *steps, last = commands.strip().splitlines()
    sh("\n".join(steps), clone)

    branch = f"origin/roll-back-to-{good[:12]}"
    assert "gh pr create --fill" == last
    assert sh("git rev-parse main^^{tree}", clone) == sh(f"git rev-parse {branch}^{{tree}}", clone)
    assert bad == sh(f"git rev-parse {branch}^", clone)


def test_the_commands_for_an_immediate_rollback_name_the_commit_and_the_stack() -> None:
    at_once = re.findall(r"~~~sh\n(.*?)~~~", comment("a" * 40), re.DOTALL)[1]
    assert f"git switch --detach {'a' * 40}\nmake setup\npulumi up --stack prod\n" == at_once


@pytest.mark.parametrize(
    ("before", "said"), [("", "Nothing was deployed before it"), ("f" * 40, "The same commit was deployed before")]
)
def test_without_a_previous_deployment_no_commands_are_shown(before: str, said: str) -> None:
    comment_text = comment(before)
    assert said in comment_text
    assert "git switch" not in comment_text
