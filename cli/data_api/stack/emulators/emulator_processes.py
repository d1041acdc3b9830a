"""Makes the emulators parts of the stack, but for those that the user runs already.

Owns that choice, and the check that an emulator which the environment names is really there.
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

EMULATORS = {"firestore": FIRESTORE, "pubsub": PUBSUB}  # by the names of their parts


def external_hosts(environ: Mapping[str, str]) -> dict[str, str]:
    """host:port by part, for the emulators that the user runs; refuses with CliError one that does not answer."""
    hosts = {name: environ.get(emulator.host_variable, "") for name, emulator in EMULATORS.items()}
    for name, host in hosts.items():
        if host and not accepts(*split(host)):
            raise CliError(_nobody_there(EMULATORS[name], host))
    return {name: host for name, host in hosts.items() if host}


def split(host: str) -> tuple[str, int]:
    """The two halves of host:port; port 0, where nothing ever listens, for what has not that form."""
    try:
        parts = urlsplit(f"//{host}")
        port = parts.port
    except ValueError:
        return "", 0
    return (parts.hostname, port) if parts.hostname and port else ("", 0)


def emulator_parts(
    names: Sequence[str],
    ports: Mapping[str, int],
    *,
    cache: Path,
    environ: Mapping[str, str],
    progress: Progress,
) -> list[ProcessSpec]:
    """Refuses with CliError when a jar or a Java runtime can be had nowhere."""
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


def _nobody_there(emulator: Emulator, host: str) -> str:
    return (
        f"{emulator.host_variable} says that a {emulator.name} emulator runs at {host}, but nothing answers there: "
        "start it, correct the variable (host:port), or unset it to have one started for you."
    )
