"""Makes the emulators processes of the stack, except those that the user already runs.

Owns the check that an emulator that the environment names really answers.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from data_api.shared.errors import CliError
from data_api.shared.ports import accepts
from data_api.stack.emulators.download import Progress
from data_api.stack.emulators.emulator import FIRESTORE, PUBSUB, Emulator, find_jar
from data_api.stack.emulators.java import find_java
from data_api.stack.runtime.process_spec import ProcessSpec

EMULATORS = {"firestore": FIRESTORE, "pubsub": PUBSUB}  # by process name


def external_hosts(environ: Mapping[str, str]) -> dict[str, str]:
    """host:port by process name, of the emulators that the user runs; raises CliError if one does not answer."""
    hosts = {name: environ.get(emulator.host_variable, "") for name, emulator in EMULATORS.items()}
    for name, host in hosts.items():
        if host and not accepts(*split_host(host)):
            raise CliError(_no_answer(EMULATORS[name], host))
    return {name: host for name, host in hosts.items() if host}


def split_host(host: str) -> tuple[str, int]:
    """Host and port of host:port; an invalid value gives port 0, where nothing ever listens."""
    try:
        parts = urlsplit(f"//{host}")
        port = parts.port
    except ValueError:
        return "", 0
    return (parts.hostname, port) if parts.hostname and port else ("", 0)


def emulator_processes(
    names: Sequence[str],
    ports: Mapping[str, int],
    *,
    cache: Path,
    environ: Mapping[str, str],
    progress: Progress,
) -> list[ProcessSpec]:
    """The processes of these emulators; raises CliError if a jar or a Java runtime is missing."""
    if not names:
        return []
    jars = {name: find_jar(EMULATORS[name], environ=environ, cache=cache, progress=progress) for name in names}
    java = find_java(environ)
    return [
        ProcessSpec(
            name=name,
            title=f"{EMULATORS[name].name} emulator",
            port=ports[name],
            command=partial(EMULATORS[name].command, java, jars[name], ports[name]),
            environ=environ,
        )
        for name in names
    ]


def _no_answer(emulator: Emulator, host: str) -> str:
    return (
        f"{emulator.host_variable} says that a {emulator.name} emulator runs at {host}, but nothing answers there: "
        "start it, correct the variable (host:port), or unset it so that the command starts an emulator."
    )
