"""The command that a message tells the user to run."""

from pathlib import Path

from data_api.shared.start_command import MAKE_VARIABLE, make_command, port_choice, start_command

MAKE = {MAKE_VARIABLE: "1"}


def test_a_user_of_the_program_is_told_its_option() -> None:
    assert ("data-api up", "data-api up --port 8081") == (start_command(8080, {}), start_command(8081, {}))
    assert "with --port" == port_choice(8080, {})


def test_a_user_of_make_is_told_its_variable() -> None:
    assert ("make up", "make up PORT=8081") == (start_command(8080, MAKE), start_command(8081, MAKE))
    assert ("with `make up PORT=8081`", "with `make up PORT=1`") == (port_choice(8080, MAKE), port_choice(65535, MAKE))
    assert "make up PORT=9" == make_command(9)


def test_make_sets_the_variable() -> None:
    assert f"@{MAKE_VARIABLE}=1 $(BIN)/data-api up" in (Path(__file__).parents[4] / "Makefile").read_text()
