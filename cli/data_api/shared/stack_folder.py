"""Finds the folder of the stack that uses a port, also of a stack that another clone of the project has started."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from data_api.shared.stack_state import FOLDER, LOCK


def folder_of_stack(port: int) -> Path | None:
    """The folder `.data-api` of the stack on this port; None if it is not known, as for a stack of another user.

    A running stack has the lock of its folder open.
    """
    import psutil  # noqa: PLC0415 - takes 0.04 s, and is needed for an error message only

    for process in psutil.process_iter(["cmdline"]):
        if not _is_stack(process.info["cmdline"] or ()):
            continue
        with contextlib.suppress(psutil.Error):
            for file in process.open_files():
                path = Path(file.path)
                if path.name == LOCK and path.parent.name == str(port) and path.parents[1].name == FOLDER:
                    return path.parents[1]
    return None


def _is_stack(command: Sequence[str]) -> bool:
    """Whether it is a command line of `data-api up`, or of the module that `data-api up --detach` starts."""
    return "up" in command and any(Path(word).name in {"data-api", "data_api.main"} for word in command)
