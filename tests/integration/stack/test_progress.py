"""The states of the processes, if they cannot be written."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from data_api.shared import stack_state
from data_api.shared.stack_state import ProcessState, StackState
from data_api.stack.terminal.progress import Progress
from data_api.stack.terminal.terminal import Terminal

STATE = StackState("", stack_state.STARTING, 1, 1.0, "", {}, {}, (ProcessState("generate", "127.0.0.1", 1),))


def full(_path: Path, _text: str) -> int:
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_one_warning_and_the_state_is_written_when_there_is_space_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()
    terminal = Terminal(Console(file=output), "/logs")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        progress = Progress(tmp_path, STATE, terminal)
        progress.set_state("generate", stack_state.RESTARTING)
        progress.finish_start()
    assert stack_state.read(tmp_path) is None

    progress.set_state("generate", stack_state.READY)
    terminal.close()

    recorded = stack_state.read(tmp_path)
    assert recorded is not None
    assert stack_state.READY == recorded.state
    assert 1 == output.getvalue().count("cannot be written (No space left on device)")
    assert "The stack goes on." in output.getvalue()
