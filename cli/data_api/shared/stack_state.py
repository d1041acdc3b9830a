"""Records the processes and the state of a stack, for `data-api status` and for programs.

Owns the layout of the folder `.data-api`, the format of a stack's state.json, and the lock that prevents two stacks
from using the same folder. The file is written atomically, and removed when the stack stops.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data_api.shared.errors import CliError
from data_api.shared.start_command import port_choice

HOME_VARIABLE = "DATA_API_HOME"
FOLDER = ".data-api"
FILE = "state.json"
LOCK = "lock"  # in the folder of a stack; open and locked as long as the stack runs
DATA = "data"  # the records of a stack while it does not run
DATA_FOLDERS = f"{DATA}*"  # also those that could not be loaded
SIGNING_KEY = "signing-key.pem"  # one for all stacks of a project, so that each accepts the same tokens

STARTING = "starting"
READY = "ready"
RESTARTING = "restarting"  # it ended and is being restarted
EXTERNAL = "external"  # an emulator that the user runs


@dataclass(frozen=True)
class ProcessState:
    """A process of the stack."""

    name: str
    host: str
    port: int
    state: str = STARTING
    pid: int | None = None
    created: float | None = None  # start time of the process, because the system can reuse a process id


@dataclass(frozen=True)
class StackState:
    """A stack: its supervisor, its names, its processes."""

    url: str
    state: str
    pid: int  # of the supervisor
    created: float  # start time of the supervisor
    logs: str
    names: Mapping[str, str]  # project, database, topic, subscription and so on
    emulators: Mapping[str, str]  # host:port by variable, as Google's client libraries need them
    processes: tuple[ProcessState, ...]

    def as_json(self) -> dict[str, Any]:
        """All fields, with the names on the same level as the other fields."""
        fields = asdict(self)
        return {**fields.pop("names"), **fields}


def home(environ: Mapping[str, str]) -> Path:
    """The folder `.data-api`: that of the project, or that in the folder DATA_API_HOME."""
    return Path(environ.get(HOME_VARIABLE) or Path(__file__).resolve().parents[3]) / FOLDER


def recorded_ports(home: Path) -> list[int]:
    """The ports of the stacks that run in this folder, or that ended without removing their file."""
    return sorted(int(file.parent.name) for file in home.glob(f"*/{FILE}") if file.parent.name.isdecimal())


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Creates and locks the folder for the duration of the `with` block; raises CliError if another stack uses it."""
    import fcntl  # noqa: PLC0415 - some platforms do not have it, and some commands do not need it

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        raise CliError(
            f"{folder} cannot be written ({error.strerror}): set {HOME_VARIABLE} to a writable folder."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CliError(already_up(int(folder.name))) from None
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # a file that stays names a supervisor that has ended
                (folder / FILE).unlink(missing_ok=True)


def already_up(port: int) -> str:
    """The error message for a port that another stack uses."""
    return (
        f"Port {port} is used by another data-api stack: "
        f"stop that one with Ctrl-C in its terminal, or choose another port {port_choice(port)}."
    )


def write(folder: Path, state: StackState) -> None:
    """Replaces the file atomically: a reader sees the old or the new content. Raises OSError."""
    temporary = folder / f".{FILE}"
    temporary.write_text(json.dumps(asdict(state), indent=2) + "\n")
    temporary.replace(folder / FILE)


def read(folder: Path) -> StackState | None:
    """The recorded state; None if there is no file or it is invalid."""
    try:
        fields = json.loads((folder / FILE).read_text())
        processes = tuple(ProcessState(**process) for process in fields.pop("processes"))
        return StackState(**fields, processes=processes)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
