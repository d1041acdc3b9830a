"""`data-api init` in a terminal: what it asks, and that a no changes nothing."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from data_api.shared.gcloud import AUDIENCE
from tests.support.cloud_programs import ACCOUNT, GCLOUD, PLACE, PROJECT, REGION, Clone, put_program

PROGRAM = str(Path(sys.executable).with_name("data-api"))


@pytest.fixture
def terminal(dev: Clone) -> Clone:
    dev.is_terminal = True
    return dev


def answers(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def test_what_is_missing_is_asked_for_with_a_reason_and_offers_are_taken_by_enter(terminal: Clone) -> None:
    result = terminal.run("--stack", "dev", answers=answers("", PROJECT, REGION, "", "", ""))
    assert "local: files on this machine: needs no account" in result.stdout
    for question in (
        "Where Pulumi keeps the state [local]:",
        "The id of the Google Cloud project:",
        "The region, one with API Gateway, as in europe-west1:",
        f"May {ACCOUNT} write and read records? [Y/n]:",
        "Accept people's own gcloud tokens? Without it callers need a service account or another sign-in [Y/n]:",
        "Run these commands? [Y/n]:",
    ):
        assert question in result.stdout
    settings = terminal.settings()
    assert (PROJECT, REGION, [AUDIENCE]) == (
        settings["gcp:project"],
        settings["gcp:region"],
        settings["data-api:audiences"],
    )
    assert [ACCOUNT] == settings["data-api:grants"]["data.read"]


def test_a_wrong_answer_is_asked_for_again(terminal: Clone) -> None:
    result = terminal.run("--stack", "dev", answers=answers("", "No Project", PROJECT, REGION, "", "", ""))
    assert "'No Project' is not the id of a project." in result.stdout
    assert PROJECT == terminal.settings()["gcp:project"]


def test_the_plan_is_shown_with_what_it_replaces_and_a_no_changes_nothing(terminal: Clone) -> None:
    terminal.sign_in("file://~")
    terminal.configure(**{"gcp:project": "other-project", "gcp:region": REGION, "data-api:grants": {"x": ["y"]}})
    result = terminal.run("--stack", "dev", *PLACE, answers=answers("", "n"))
    assert "Who gets the alerts by e-mail [ada@example.com]:" in result.stdout
    lines = result.stdout.splitlines()
    at = lines.index(f"pulumi config set gcp:project {PROJECT} --stack dev")
    assert "# other-project → my-project" == lines[at - 1]
    assert (1, []) == (result.exit_code, terminal.notes())


def test_an_offer_that_is_refused_is_left_out(terminal: Clone) -> None:
    terminal.run("--stack", "dev", *PLACE, answers=answers("", "n", ""))
    assert not {"data-api:grants", "data-api:audiences"} & terminal.settings().keys()


def test_yes_asks_nothing_but_what_nobody_can_guess(terminal: Clone) -> None:
    result = terminal.run("--stack", "dev", "--yes", "--region", REGION, answers=answers(PROJECT))
    assert "The id of the Google Cloud project:" in result.stdout
    assert "[Y/n]" not in result.stdout
    assert PROJECT == terminal.settings()["gcp:project"]


def test_a_real_terminal_is_recognized(tmp_path: Path) -> None:
    """The program itself, in a dry run of a stack that the project does not have."""
    put_program(tmp_path, "gcloud", GCLOUD)
    environ = {"PATH": f"{tmp_path}:/bin", "HOME": str(tmp_path), "NO_GCE_CHECK": "true", "TERM": "dumb"}
    ours, theirs = pty.openpty()
    command = [PROGRAM, "init", "--stack", "pty", "--dry-run"]
    with subprocess.Popen(command, env=environ, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, answers(PROJECT, REGION).encode())
        shown = _read(ours)
    os.close(ours)
    assert 0 == process.returncode, shown
    assert "The id of the Google Cloud project:" in shown
    assert f"pulumi config set gcp:region {REGION} --stack pty" in shown.splitlines()


def _read(terminal: int) -> str:
    shown = b""
    try:
        while piece := os.read(terminal, 65_536):
            shown += piece
    except OSError:  # how Linux says that the other end is closed
        pass
    return shown.decode()
