"""Describes the machine: processor, memory, versions and date, but no host name and no path."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from bench.harness.load import find_wrk
from data_api.shared import stack_state
from data_api.stack.emulators import emulator
from data_api.stack.emulators.download import progress_on
from data_api.stack.emulators.java import find_java

PACKAGES = (
    "functions-framework",
    "uvicorn",
    "starlette",
    "gunicorn",
    "Flask",
    "google-cloud-pubsub",
    "google-cloud-firestore",
    "grpcio",
    "protobuf",
    "jsonschema-rs",
    "jsonschema",
)
_CPU = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Machine:
    """The machine, the date, and the versions of the software."""

    date: str
    processor: str
    cores: int
    memory_gib: float
    system: str
    load: float  # load average of 1 minute before the benchmark; should be far below the number of cores
    versions: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


def this_machine() -> Machine:
    """Reads the current state of this machine; raises CliError if Java, wrk or an emulator is missing."""
    return Machine(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        load=round(psutil.getloadavg()[0], 1),
        versions={
            "Python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
            "Firestore emulator": _emulator(emulator.FIRESTORE),
            "Pub/Sub emulator": _emulator(emulator.PUBSUB),
            "Java": _java(),
            "wrk": _wrk(),
        },
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    match = _CPU.search(information.read_text()) if information.is_file() else None
    return match[1] if match else platform.processor() or platform.machine()


def _emulator(program: emulator.Emulator) -> str:
    """The version in the name of the jar, or else that of the Google Cloud SDK."""
    cache = stack_state.home(os.environ) / "emulators"
    jar = emulator.find_jar(program, environ=os.environ, cache=cache, progress=progress_on(Console(stderr=True)))
    match = re.search(r"\d+(\.\d+)+", jar.name)
    sdk = jar.parents[2] / "VERSION"
    return match[0] if match else f"of Google Cloud SDK {sdk.read_text().strip()}" if sdk.is_file() else "unknown"


def _java() -> str:
    version = subprocess.run([find_java(os.environ), "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - the user's own java
    match = re.search(r'version "([^"]+)"', version.stderr)
    return match[1] if match else "unknown"


def _wrk() -> str:
    version = subprocess.run([find_wrk(), "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - wrk
    return version.stdout.splitlines()[0].removeprefix("wrk ").split(" [")[0]
