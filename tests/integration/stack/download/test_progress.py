"""The progress of a download in a terminal and in a pipe."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from data_api.shared.errors import CliError
from data_api.stack.emulators.download import download, progress_on
from tests.support.servers.download_server import (
    CONTENT,
    sends,
    serving,
    source_of,
)


def test_a_terminal_shows_a_bar_that_fills(tmp_path: Path) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=100)
    with serving(sends(CONTENT)) as server:
        download(source_of(CONTENT, server.address), tmp_path, progress_on(terminal))
    assert "Downloading the Test emulator" in screen.getvalue()
    assert "━" in screen.getvalue()
    assert "1.0/1.0 MB" in screen.getvalue()


def test_a_pipe_gets_a_line_at_the_start_and_one_at_the_end(tmp_path: Path) -> None:
    written = io.StringIO()
    pipe = Console(file=written, force_terminal=False, width=20)
    with serving(sends(CONTENT)) as server:
        download(source_of(CONTENT, server.address), tmp_path, progress_on(pipe))
    expected = "Downloading the Test emulator (1.0 MB)\nDownloaded the Test emulator\n"
    assert expected == written.getvalue()


def test_a_pipe_gets_no_last_line_if_the_download_fails(tmp_path: Path) -> None:
    written = io.StringIO()
    pipe = Console(file=written, force_terminal=False)
    with serving(sends(b"something else")) as server, pytest.raises(CliError):
        download(source_of(CONTENT, server.address), tmp_path, progress_on(pipe))
    assert written.getvalue() == "Downloading the Test emulator (1.0 MB)\n"
