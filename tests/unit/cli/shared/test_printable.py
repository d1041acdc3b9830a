"""Nothing that a record or a server's answer holds can control the terminal."""

import json
import unicodedata

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from data_api.shared.errors import CliError
from data_api.shared.printable import json_text, printable

HOSTILE = ["\x1b[2J", "\x07", "\x7f", "\x9b31m", "\u202e", "\u2028", "\u2066", "\ud800"]


@pytest.mark.parametrize("text", HOSTILE)
def test_characters_that_control_a_terminal_are_printed_as_escapes(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(text).startswith("\\")


def test_other_characters_are_printed_as_they_are() -> None:
    text = "naïve 記録 😀 \\x1b"
    assert text == printable(text)


def test_tabs_and_line_breaks_stay_only_where_they_are_wanted() -> None:
    assert "a\tb\\n" == printable("a\tb\n", keep="\t")


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_text_has_no_control_character_and_says_the_same(value: object) -> None:
    text = json_text(value)
    assert {"C", "Z"}.isdisjoint(unicodedata.category(character)[0] for character in text if character != " ")
    assert value == json.loads(text)
    assert value == json.loads(json_text(value, indent=2))


@pytest.mark.parametrize("text", HOSTILE[:-1])
def test_an_error_that_quotes_hostile_text_cannot_control_the_terminal(text: str) -> None:
    @click.command
    def fail() -> None:
        raise CliError(f"The API rejected this:\n  {text}")

    result = CliRunner().invoke(fail)
    assert 1 == result.exit_code
    assert f"Error: The API rejected this:\n  {printable(text)}\n" == result.stderr
