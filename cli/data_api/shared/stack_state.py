"""Records what a stack consists of and how it is, for `data-api status` and for programs.

Owns the layout of the folder `.data-api`, the form of a stack's state.json (written
whole or not at all, removed at the stop) and the claim that keeps two stacks from using one folder.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data_api.shared.errors import CliError

HOME_VARIABLE = "DATA_API_HOME"
FILE = "state.json"
SIGNING_KEY = "signing-key.pem"  # one for all stacks of a project: a token is good at each

STARTING = "starting"
READY = "ready"
RESTARTING = "restarting"  # it ended, and is started again
EXTERNAL = "external"  # an emulator that was running before, and is not the stack's


@dataclass(frozen=True)
class ProcessState:
    """One part of the stack."""

    name: str
    host: str
    port: int
    state: str = STARTING
    pid: int | None = None
    created: float | None = None  # when that process began: a process id alone may be somebody else's by now


@dataclass(frozen=True)
class StackState:
    """A stack: its supervisor, its names, its parts."""

    url: str
    state: str
    pid: int
    created: float
    logs: str
    names: Mapping[str, str]  # project, database, topic, subscription and the like
    emulators: Mapping[str, str]  # host variable to host:port, as Google's client libraries want them
    parts: tuple[ProcessState, ...]

    def as_json(self) -> dict[str, Any]:
        """The names are on the same level as the other fields."""
        fields = asdict(self)
        return {**fields.pop("names"), **fields}


def home(environ: Mapping[str, str]) -> Path:
    """The folder `.data-api`: of the project, or where DATA_API_HOME says."""
    return Path(environ.get(HOME_VARIABLE) or Path(__file__).resolve().parents[3]) / ".data-api"


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Makes the folder and holds it for the block; refuses with CliError one that another stack holds."""
    import fcntl  # noqa: PLC0415 - there are platforms without it, and commands that do without it

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise CliError(
            f"{folder} cannot be written ({error.strerror}): set {HOME_VARIABLE} to a folder that can."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CliError(already_up(int(folder.name))) from None
        try:
            yield
        finally:
            (folder / FILE).unlink(missing_ok=True)


def already_up(port: int) -> str:
    """The sentence for a port that another stack has."""
    return (
        f"Port {port} belongs to another data-api stack: "
        f"stop that one with Ctrl-C in its terminal, or choose another port with --port."
    )


def write(folder: Path, state: StackState) -> None:
    """A reader sees the old file or the new one, never a part of one."""
    scratch = folder / f".{FILE}"
    scratch.write_text(json.dumps(asdict(state), indent=2) + "\n")
    scratch.replace(folder / FILE)


def read(folder: Path) -> StackState | None:
    """None where no stack has left a record, or not one that can be read."""
    try:
        fields = json.loads((folder / FILE).read_text())
        parts = tuple(ProcessState(**part) for part in fields.pop("parts"))
        return StackState(**fields, parts=parts)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
