"""What is printed to the terminal, without waiting for it."""

import io
import re
import threading
import time

from rich.console import Console

from data_api.stack.terminal import terminal
from data_api.stack.terminal.terminal import Terminal


def test_in_a_pipe_every_change_is_one_plain_line_in_the_order_of_events() -> None:
    output = io.StringIO()
    shown = Terminal(Console(file=output, highlight=False, width=20), "/logs")

    shown.show_state("gateway", "starting", "127.0.0.1:8080")
    shown.say("a sentence that is longer than the terminal is wide [bold]and holds no markup[/]")
    shown.show_state("gateway", "ready")
    shown.close()

    assert [
        "gateway   starting   127.0.0.1:8080",
        "a sentence that is longer than the terminal is wide [bold]and holds no markup[/]",
        "gateway   ready",
    ] == [line.rstrip() for line in output.getvalue().splitlines()]


def test_a_terminal_shows_the_parts_in_one_table_with_their_last_state() -> None:
    output = io.StringIO()
    shown = Terminal(Console(file=output, force_terminal=True, color_system=None, width=80), "/logs")

    for state in ("starting", "ready"):
        for process in ("gateway", "generate"):
            shown.show_state(process, state, "127.0.0.1:1")
    shown.finish_start()
    shown.show_state("generate", "restarting")
    shown.close()

    cursor_is_back = "\x1b[?25h"
    *_, table_end, after = output.getvalue().replace(cursor_is_back, "").rstrip().splitlines()
    assert ["generate", "ready", "127.0.0.1:1"] == table_end.split()
    assert after.split()[-2:] == ["generate", "restarting"]


def test_lines_for_a_blocked_terminal_are_dropped_and_counted() -> None:
    class Stuck(io.StringIO):
        entered = threading.Event()
        opened = threading.Event()

        def write(self, text: str) -> int:
            self.entered.set()
            self.opened.wait()
            return super().write(text)

    output = Stuck()
    shown = Terminal(Console(file=output), "/logs")
    shown.say("the line that waits")
    assert output.entered.wait(10), "the writer did not begin"  # else it may take lines out of the queue first
    for number in range(terminal.MAX_QUEUED + 100):
        shown.line("persist", b"%d" % number)
    shown.say("not lost")
    output.opened.set()
    shown.close()

    written = output.getvalue()
    counted = sum(" persist " in line for line in written.splitlines())
    missed = [int(line.split()[1]) for line in written.splitlines() if line.startswith("… ")]
    assert terminal.MAX_QUEUED - 5 <= counted <= terminal.MAX_QUEUED
    assert [terminal.MAX_QUEUED + 100 - counted] == missed
    assert "more lines are in /logs" in written
    assert "not lost" in written


def test_a_closed_terminal_is_no_error() -> None:
    output = io.StringIO()
    output.close()
    shown = Terminal(Console(file=output), "/logs")

    shown.say("to a closed terminal")
    shown.line("persist", b"to a closed terminal")
    shown.close()

    assert not any(thread.name == "terminal" and thread.is_alive() for thread in threading.enumerate())


def test_many_lines_are_one_line_a_second_and_none_is_lost() -> None:
    output = io.StringIO()
    shown = Terminal(Console(file=output, width=200), "/logs")
    for _ in range(1_000):
        shown.line("persist", b'{"severity": "INFO", "message": "stored"}')
    until = time.monotonic() + 10
    while " persist " not in output.getvalue().replace("persist   INFO", "") and time.monotonic() < until:
        time.sleep(0.01)
    assert " persist " in output.getvalue().replace("persist   INFO", ""), "no summary before the end"
    shown.close()
    summaries = re.findall(r"^\d\d:\d\d:\d\d persist (\d+) stored", output.getvalue(), re.MULTILINE)
    assert 1_000 == sum(map(int, summaries)) + output.getvalue().count("persist   INFO")
