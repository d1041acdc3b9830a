"""Checks whether this machine can run the stack, before anything is started or downloaded.

The checks of `data-api doctor` without --stack. Each calls the function that `data-api up` itself calls.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from data_api.shared import ports, stack_state
from data_api.shared.check_result import OK, PROBLEM, CheckResult
from data_api.shared.errors import CliError
from data_api.stack.emulators.emulator import Emulator, installed_jar
from data_api.stack.emulators.emulator_processes import EMULATORS, external_hosts
from data_api.stack.emulators.java import find_java
from data_api.stack.preconditions import check_envoy, check_port
from data_api.stack.runtime import health

OLDEST_PYTHON = (3, 11)  # pyproject.toml, requires-python
DISK_SPACE = 500_000_000  # bytes for logs and files of the emulators and the functions, without the downloads
_ROOT = Path(__file__).resolve().parents[3]


def checks(port: int) -> Iterator[CheckResult]:
    """The results for a stack on this port, one after the other."""
    yield _python(sys.version_info[:2])
    yield _checked("uv", _uv, "make setup")
    yield _checked("java", lambda: find_java(os.environ), "make setup")
    yield _checked("gateway", check_envoy, "make setup")
    yield from _emulators()
    yield _port(port)
    yield _folder(stack_state.home(os.environ))
    yield _disk(_nearest_folder(stack_state.home(os.environ)))


def _python(version: tuple[int, ...]) -> CheckResult:
    message = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return _ok("python", message)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return _problem("python", f"{message}; {oldest} or newer is needed", "make PYTHON=python3.13 setup")


def _uv() -> str:
    """Where `make` finds it: the pinned one, which `make` installs itself."""
    program = shutil.which("uv", path=str(_ROOT / ".tools" / "bin"))
    if not program:
        return "not installed; `make setup` installs it when needed"
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - the pinned uv
    if version.returncode:
        raise CliError(
            f"{program} does not run ({version.stderr.strip()}): remove it, then `make setup` installs another."
        )
    return program


def _emulators() -> Iterator[CheckResult]:
    try:
        external = external_hosts(os.environ)
    except CliError as error:
        variables = [emulator.host_variable for emulator in EMULATORS.values()]
        yield _problem("emulators", error.message, f"unset {' '.join(variables)}")
        return
    for name, emulator in EMULATORS.items():
        location = external.get(name) or _installed(emulator)
        megabytes = emulator.download.size / 1e6
        yield _ok(f"{name} emulator", str(location or f"`data-api up` will download it, {megabytes:.0f} MB"))


def _port(port: int) -> CheckResult:
    """The port may also be used by this port's own stack, if that is healthy."""
    recorded = stack_state.read(stack_state.home(os.environ) / str(port))
    state = health.current_state(recorded).state if recorded else health.STOPPED
    if state == health.STOPPED:
        return _checked("port", lambda: _free(port), f"data-api up --port {ports.free_ports(1)[0]}")
    if state == health.UNHEALTHY:
        return _problem("port", f"{port} is in use by a stack that is unhealthy", f"data-api status --port {port}")
    return _ok("port", f"{port} is in use by the running stack ({state})")


def _free(port: int) -> str:
    check_port(port)
    return f"{port} is free"


def _folder(folder: Path) -> CheckResult:
    """Whether the stack's files can be written; a file in the folder's place, or above it, is a problem, too."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return _ok("folder", f"{folder} can be written")
    except OSError as error:
        fix = f"export {stack_state.HOME_VARIABLE}=A_WRITABLE_FOLDER"
        return _problem("folder", f"{folder} cannot be written ({error.strerror})", fix)


def _disk(folder: Path) -> CheckResult:
    """Each missing download needs its size twice, because it is deleted only after it is unpacked."""
    missing = [
        emulator
        for emulator in EMULATORS.values()
        if not (os.environ.get(emulator.host_variable) or _installed(emulator))
    ]
    needed, free = DISK_SPACE + 2 * sum(emulator.download.size for emulator in missing), shutil.disk_usage(folder).free
    message = f"{free / 1e9:.1f} GB free in {folder}"
    if free >= needed:
        return _ok("disk", message)
    fix = f"export {stack_state.HOME_VARIABLE}=A_FOLDER_WITH_ROOM"
    return _problem("disk", f"{message}; {needed / 1e9:.1f} GB are needed", fix)


def _installed(emulator: Emulator) -> Path | None:
    return installed_jar(emulator, environ=os.environ, cache=stack_state.home(os.environ) / "emulators")


def _nearest_folder(path: Path) -> Path:
    """The folder itself, or its nearest parent that exists."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _checked(name: str, ask: Callable[[], str], fix: str) -> CheckResult:
    try:
        return _ok(name, ask())
    except CliError as error:
        return _problem(name, error.message, fix)


def _ok(name: str, message: str) -> CheckResult:
    return CheckResult(name, OK, message)


def _problem(name: str, message: str, fix: str) -> CheckResult:
    return CheckResult(name, PROBLEM, message, fix)
