"""Which lines of the functions a person sees."""

import json

import pytest

from data_api.stack.terminal.line_summary import MANY, Detail, LineSummary


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def line(message: str, severity: str = "INFO", **fields: object) -> bytes:
    return json.dumps({"severity": severity, "message": message, **fields}).encode()


def test_many_lines_are_counted_by_event_until_a_second_has_few() -> None:
    clock, wakes = Clock(), list[float]()
    summary = LineSummary(Detail.SUMMARY, lambda: wakes.append(clock.now), clock)
    assert [False] * MANY + [True] * 5 == [summary.hides("persist", line("stored")) for _ in range(MANY + 5)]
    assert summary.hides("generate", line("accepted", records=1_000))
    assert (1.0, [100.0]) == (summary.seconds_left(), wakes)
    assert "persist 5 stored · generate 1,000 accepted" == summary.take()
    assert ("", None) == (summary.take(), summary.seconds_left())

    clock.now += 1
    assert all(summary.hides("persist", line("stored")) for _ in range(MANY))  # the second before had many
    clock.now += 1
    assert not summary.hides("persist", line("stored"))  # and this one had not
    assert f"persist {MANY} stored" == summary.take()
    assert [100.0, 101.0] == wakes


def test_after_a_pause_the_first_lines_are_shown() -> None:
    clock = Clock()
    summary = LineSummary(Detail.SUMMARY, lambda: None, clock)
    for _ in range(100):
        summary.hides("persist", line("stored"))
    clock.now += 2
    assert not summary.hides("persist", line("stored"))


@pytest.mark.parametrize("detail", [Detail.SUMMARY, Detail.QUIET])
@pytest.mark.parametrize("text", [line("rejected", "ERROR"), line("dead_lettered", "WARNING"), b"Traceback", b""])
def test_problems_are_always_shown(detail: Detail, text: bytes) -> None:
    summary = LineSummary(detail, lambda: None, Clock())
    for _ in range(100):
        summary.hides("persist", line("stored"))
    assert not any(summary.hides("persist", text) for _ in range(100))


def test_quiet_shows_problems_only_and_verbose_every_line() -> None:
    quiet, verbose = (LineSummary(detail, lambda: None, Clock()) for detail in (Detail.QUIET, Detail.VERBOSE))
    assert quiet.hides("persist", line("stored"))
    assert "" == quiet.take()
    assert not any(verbose.hides("persist", line("stored")) for _ in range(100))


def test_an_event_cannot_control_the_terminal() -> None:
    summary = LineSummary(Detail.SUMMARY, lambda: None, Clock())
    for _ in range(MANY + 1):
        summary.hides("persist", line("\x1b[2J"))
    assert "persist 1 \\x1b[2J" == summary.take()
