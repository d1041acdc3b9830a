"""Log lines as `data-api up` prints them."""

import json
from datetime import UTC, datetime

import pytest

from data_api.shared.log_lines import formatted

AT = datetime(2026, 1, 2, 3, 4, 5, 67_890, tzinfo=UTC)


def shown(line: bytes, part: str = "persist") -> str:
    return "".join(text for text, _ in formatted(part, line, AT))


def structured(**fields: object) -> bytes:
    return json.dumps({"severity": "INFO", "message": "stored", **fields}).encode()


def test_a_structured_line_reads_as_time_part_severity_event_and_fields() -> None:
    line = structured(id="1a2b", lagSeconds=0.25, duplicate=False, reason=None)

    assert "03:04:05.067 persist   INFO     stored id=1a2b lagSeconds=0.25 duplicate=false reason=null" == shown(line)


def test_a_line_shows_the_first_digits_of_its_trace_and_no_other_field_of_cloud_logging() -> None:
    fields = {
        "logging.googleapis.com/trace": "projects/p/traces/0123456789abcdef0123456789abcdef",
        "logging.googleapis.com/spanId": "00f067aa0ba902b7",
    }

    assert shown(structured(**fields)).endswith("INFO     stored trace=01234567")


def test_the_columns_of_log_lines_are_aligned() -> None:
    assert shown(structured(stack=["a.py:1 f", "b.py:2 g"])).endswith("stored\n    a.py:1 f\n    b.py:2 g")


def test_a_text_with_spaces_is_quoted_so_that_it_is_not_taken_for_two_fields() -> None:
    assert shown(structured(reason="no role=data.read")).endswith(' reason="no role=data.read"')


@pytest.mark.parametrize(
    ("severity", "style"), [("INFO", "green"), ("WARNING", "yellow"), ("ERROR", "bold red"), ("ODD", "")]
)
def test_the_severity_decides_the_colour(severity: str, style: str) -> None:
    assert (f"{severity:<8} ", style) in formatted("persist", structured(severity=severity), AT)


@pytest.mark.parametrize(
    "line",
    [
        b"Traceback (most recent call last):",
        b'{"message": ',
        b'{"no": "event"}',
        b"{" * 100_000,
        b'["message"]',
        b"",
    ],
)
def test_any_other_line_is_shown_as_it_is_and_marked_with_its_part(line: bytes) -> None:
    assert f"03:04:05.067 persist   {line.decode()}" == shown(line + b"\n")


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x9b2J", "\r", "\x07", "\u202e"])
def test_control_characters_are_escaped(hostile: str) -> None:
    lines = [
        hostile.encode() + b"x",
        structured(message=f"a{hostile}b", severity=hostile, reason=f"c{hostile}d"),
        structured(**{hostile: 1, "stack": [f"e{hostile}f"], "nested": {"deep": hostile}}),
    ]

    assert [] == [line for line in lines if hostile in shown(line)]


def test_bytes_that_are_no_text_are_shown_too() -> None:
    assert shown(b"\xff\xfe").endswith("\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}")
