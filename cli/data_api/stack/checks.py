"""Checks whether this machine can run the stack, before anything is started or downloaded.

Owns the answers to `data-api doctor` without a stack. Met by an entry point (`data_api.checks` in pyproject.toml), so
the answers are plain texts: name, state (well, wrong), what it says, and the command that mends it. Each asks the very
function that `data-api up` calls. Leaves showing them to the package that has the command.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from data_api.shared import ports, stack_state
from data_api.shared.errors import CliError
from data_api.stack.composition import check_envoy, check_port
from data_api.stack.emulators.emulator import Emulator, installed_jar
from data_api.stack.emulators.emulator_processes import EMULATORS, external_hosts
from data_api.stack.emulators.java import find_java
from data_api.stack.runtime import health

Answer = dict[str, str]

OLDEST_PYTHON = (3, 11)  # pyproject.toml, requires-python
ROOM = 500_000_000  # bytes for the logs and for what the emulators and the functions write, besides the downloads
_ROOT = Path(__file__).resolve().parents[3]


def checks(port: int) -> Iterator[Answer]:
    """The answers for a stack on this port, one after the other."""
    yield _python(sys.version_info[:2])
    yield _answered("uv", _uv, "make setup")
    yield _answered("java", lambda: find_java(os.environ), "make setup")
    yield _answered("gateway", check_envoy, "make setup")
    yield from _emulators()
    yield _port(port)
    yield _disk(_nearest_folder(stack_state.home(os.environ)))


def _python(version: tuple[int, ...]) -> Answer:
    says = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return _well("python", says)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return _wrong("python", f"{says}; {oldest} or newer is needed", "make PYTHON=python3.13 setup")


def _uv() -> str:
    """Where `make` finds it; without one `make` gets its own."""
    found = shutil.which("uv") or shutil.which("uv", path=str(_ROOT / ".tools" / "bin"))
    if not found:
        return "none; `make setup` brings one when it needs it"
    asked = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - the user's own uv
    if asked.returncode:
        raise CliError(f"{found} does not run ({asked.stderr.strip()}): remove it, then `make setup` brings another.")
    return found


def _emulators() -> Iterator[Answer]:
    try:
        external = external_hosts(os.environ)
    except CliError as fault:
        variables = [each.host_variable for each in EMULATORS.values()]
        yield _wrong("emulators", fault.message, f"unset {' '.join(variables)}")
        return
    for name, emulator in EMULATORS.items():
        found = external.get(name) or _installed(emulator)
        megabytes = emulator.download.size / 1e6
        yield _well(f"{name} emulator", str(found or f"`data-api up` will download it, {megabytes:.0f} MB"))


def _port(port: int) -> Answer:
    """A stack that is up already holds the port, as it should."""
    recorded = stack_state.read(stack_state.home(os.environ) / str(port))
    found = health.examined(recorded).state if recorded else health.STOPPED
    if found == health.STOPPED:
        return _answered("port", lambda: _free(port), f"data-api up --port {ports.free_ports(1)[0]}")
    if found == health.UNWELL:
        return _wrong("port", f"{port} is held by a stack that is unwell", f"data-api status --port {port}")
    return _well("port", f"{port} is held by the stack that is up ({found})")


def _free(port: int) -> str:
    check_port(port)
    return f"{port} is free"


def _disk(folder: Path) -> Answer:
    """A download and what is unpacked of it lie side by side for a moment."""
    missing = [each for each in EMULATORS.values() if not (os.environ.get(each.host_variable) or _installed(each))]
    needed, free = ROOM + 2 * sum(each.download.size for each in missing), shutil.disk_usage(folder).free
    says = f"{free / 1e9:.1f} GB free in {folder}"
    if free >= needed:
        return _well("disk", says)
    mend = f"export {stack_state.HOME_VARIABLE}=A_FOLDER_WITH_ROOM"
    return _wrong("disk", f"{says}; {needed / 1e9:.1f} GB are needed", mend)


def _installed(emulator: Emulator) -> Path | None:
    return installed_jar(emulator, environ=os.environ, cache=stack_state.home(os.environ) / "emulators")


def _nearest_folder(path: Path) -> Path:
    """The folder itself, or the one in which it would be made."""
    return next(each for each in (path, *path.parents) if each.is_dir())


def _answered(name: str, ask: Callable[[], str], mend: str) -> Answer:
    try:
        return _well(name, ask())
    except CliError as fault:
        return _wrong(name, fault.message, mend)


def _well(name: str, says: str) -> Answer:
    return {"name": name, "state": "well", "says": says, "mend": ""}


def _wrong(name: str, says: str, mend: str) -> Answer:
    return {"name": name, "state": "wrong", "says": says, "mend": mend}
