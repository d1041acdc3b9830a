"""Says what a deployed stack consists of, by the names that Pulumi has exported."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from data_api.ops import pulumi_cli
from data_api.ops.dependencies import Dependencies
from data_api.ops.google_api import Google, connected
from data_api.shared.errors import CliError

_OUTPUTS = ("project", "region", "url", "gateway", "functions", "subscription", "database")


@dataclass(frozen=True, slots=True)
class Deployment:
    """The names of a deployed stack's parts, as Google knows them."""

    stack: str
    project: str
    region: str
    url: str
    gateway: str
    functions: Mapping[str, str]  # by their short names: generate, persist, present, dead-letter
    subscription: str
    database: str

    @property
    def prefix(self) -> str:
        """What the names of its resources begin with; the gateway has no other name."""
        return self.gateway

    def part(self, function: str) -> str:
        """The short name of a function; of another service its own name."""
        return next((short for short, name in self.functions.items() if name == function), function)


def read_deployment(dependencies: Dependencies, stack: str) -> Deployment:
    """Raises CliError if the stack is not deployed, or was deployed by a version that exported less."""
    outputs = pulumi_cli.outputs(dependencies, stack)
    _require(outputs, _OUTPUTS, stack)
    return Deployment(stack, **{name: outputs[name] for name in _OUTPUTS})


@dataclass(frozen=True, slots=True)
class Address:
    """What a caller of a deployed stack has to know. `api_key` is empty unless the stack has a quota."""

    url: str
    audience: str
    api_key: str


def read_address(dependencies: Dependencies, stack: str) -> Address:
    """Raises CliError if the stack is not deployed."""
    outputs = pulumi_cli.outputs(dependencies, stack)
    _require(outputs, ("url", "audience"), stack)
    api_key = pulumi_cli.secret_output(dependencies, stack, "apiKey") if "apiKey" in outputs else ""
    return Address(str(outputs["url"]), str(outputs["audience"]), api_key)


@contextmanager
def opened(dependencies: Dependencies, stack: str) -> Iterator[tuple[Deployment, Google]]:
    """The deployment, and Google with this machine's credential; raises CliError where one of them is not there."""
    deployment = read_deployment(dependencies, stack)
    authorization = dependencies.authorization("")
    authorization.headers()
    with connected(authorization, dependencies.pause, dependencies.address) as google:
        yield deployment, google


def _require(outputs: Mapping[str, object], names: Sequence[str], stack: str) -> None:
    if missing := [name for name in names if name not in outputs]:
        raise CliError(
            f"The stack {stack} has no output {' and '.join(missing)}: `pulumi up --stack {stack}` creates it."
        )
