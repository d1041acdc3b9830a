"""The state file of a stack, and its folder."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from data_api.shared import stack_state
from data_api.shared.errors import CliError
from data_api.shared.stack_state import ProcessState, StackState

STACK = StackState(
    url="http://127.0.0.1:8080",
    state=stack_state.READY,
    pid=1,
    created=2.5,
    logs="/logs",
    names={"topic": "records"},
    emulators={"PUBSUB_EMULATOR_HOST": "127.0.0.1:9"},
    processes=(
        ProcessState("gateway", "127.0.0.1", 8080, stack_state.READY, 3, 4.5),
        ProcessState("pubsub", "localhost", 9),
    ),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    stack_state.write(tmp_path, STACK)

    assert STACK == stack_state.read(tmp_path)
    assert [stack_state.FILE] == [path.name for path in tmp_path.iterdir()]


def test_a_failed_write_keeps_the_previous_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, text: str) -> int:
        raise OSError(28, "No space left on device", text[:10])

    stack_state.write(tmp_path, STACK)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space"):
            stack_state.write(tmp_path, replace(STACK, pid=2))

    assert STACK == stack_state.read(tmp_path)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"processes": [{"name": "x"}]}', '{"processes": 7}'])
def test_an_invalid_state_file_is_ignored(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / stack_state.FILE).write_text(text)

    assert stack_state.read(tmp_path) is None


def test_the_json_has_the_names_at_its_top_level() -> None:
    shown = json.loads(json.dumps(STACK.as_json()))

    assert ("records", "http://127.0.0.1:8080") == (shown["topic"], shown["url"])
    assert "names" not in shown
    assert {"name": "gateway", "port": 8080, "pid": 3, "state": "ready"}.items() <= shown["processes"][0].items()


def test_the_folder_is_the_projects_unless_the_variable_names_another(tmp_path: Path) -> None:
    assert Path(__file__).parents[4] / ".data-api" == stack_state.home({})
    assert tmp_path / ".data-api" == stack_state.home({"DATA_API_HOME": str(tmp_path)})


def test_a_folder_that_is_claimed_cannot_be_claimed_again_until_it_is_free(tmp_path: Path) -> None:
    folder = tmp_path / "8080"
    with stack_state.claimed(folder):
        stack_state.write(folder, STACK)
        with pytest.raises(CliError, match=r"^Port 8080 is used by another data-api stack: .* --port\.$"):
            stack_state.claimed(folder).__enter__()
        assert STACK == stack_state.read(folder)

    assert stack_state.read(folder) is None
    with stack_state.claimed(folder):
        pass


def test_a_folder_that_cannot_be_created_is_reported_with_a_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CliError, match=r"cannot be written .*: set DATA_API_HOME to a writable folder\.$"):
        stack_state.claimed(tmp_path / "file" / "8080").__enter__()
