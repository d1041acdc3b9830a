"""Reads all parts of a deployment at the same time."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from data_api.ops.dependencies import Dependencies
from data_api.ops.deployment import Deployment, opened
from data_api.ops.status import alerts, backlog, dead_letters, errors, gateway
from data_api.ops.status.functions import read_function
from data_api.ops.status.part import Context, Part, Reader, read_part

_READERS: Mapping[str, tuple[str, Reader]] = {  # by their names in the JSON
    "gateway": (gateway.NAME, gateway.read_gateway),
    "backlog": (backlog.NAME, backlog.read_backlog),
    "deadLetters": (dead_letters.NAME, dead_letters.read_dead_letters),
    "errors": (errors.NAME, errors.read_errors),
    "alerts": (alerts.NAME, alerts.read_alerts),
}


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a deployment."""

    deployment: Deployment
    functions: Mapping[str, Part]
    others: Mapping[str, Part]  # by their names in the JSON

    @property
    def parts(self) -> tuple[Part, ...]:
        """The functions first."""
        return *self.functions.values(), *self.others.values()

    @property
    def is_ok(self) -> bool:
        """Nothing needs attention. What could not be read counts as neither, unless it is everything."""
        results = {part.ok for part in self.parts}
        return False not in results and True in results


def read_status(dependencies: Dependencies, stack: str) -> Status:
    """Raises CliError if the stack is not deployed, or this machine has no credential."""
    with opened(dependencies, stack) as (deployment, google):
        context = Context(deployment, google, dependencies.now())
        readers: dict[str, tuple[str, Reader]] = {
            name: (name, partial(read_function, name=name)) for name in deployment.functions
        }
        readers |= _READERS
        with ThreadPoolExecutor(len(readers)) as pool:
            futures = {key: pool.submit(read_part, name, reader, context) for key, (name, reader) in readers.items()}
        parts = {key: future.result() for key, future in futures.items()}
    functions = {name: parts[name] for name in deployment.functions}
    return Status(deployment, functions, {name: parts[name] for name in _READERS})
