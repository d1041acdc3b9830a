"""Says which checks there are, and in which order: what others depend on comes first, and its failure ends them.

Leaves each check to its file, the local stack's to the package that has it (the entry points `data_api.checks`), and
showing what is found to `report.py`.
"""

from collections.abc import Iterator
from importlib.metadata import entry_points

from data_api.ops.credentials import SIGN_IN
from data_api.ops.dependencies import Outside
from data_api.ops.doctor.check_context import Check, Surroundings, looked
from data_api.ops.doctor.database import database
from data_api.ops.doctor.finding import WELL, WRONG, Finding, from_mapping
from data_api.ops.doctor.permissions import permissions
from data_api.ops.doctor.policies import policies
from data_api.ops.doctor.project import billing, existence, services
from data_api.ops.doctor.pulumi import program, secrets, state
from data_api.ops.doctor.quotas import quotas
from data_api.ops.google_api import connected
from data_api.ops.pulumi_stack import Stack, read_stack
from data_api.shared.errors import CliError

GROUP = "data_api.checks"  # pyproject.toml

_OF_THE_PROJECT: tuple[tuple[str, Check], ...] = (
    ("billing", billing),
    ("services", services),
    ("permissions", permissions),
    ("org policies", policies),
    ("quotas", quotas),
    ("database", database),
)


def of_this_machine(port: int) -> Iterator[Finding]:
    """What the local stack needs, as it says itself."""
    entries = entry_points(group=GROUP)
    for entry in entries:
        yield from map(from_mapping, entry.load()(port))
    if not entries:
        yield Finding("installation", WRONG, f"it has no {GROUP}", "make setup")


def of_stack(name: str, outside: Outside) -> Iterator[Finding]:
    """What a deployment of the stack needs; raises CliError where the stack cannot be read."""
    stack = read_stack(outside.root, name)
    yield from program(outside)
    yield from _configuration(stack)
    try:
        authorization = outside.authorization(stack.impersonated)
        authorization.headers()
    except CliError as fault:
        yield Finding("credentials", WRONG, fault.message, SIGN_IN)
        return
    yield Finding("credentials", WELL, authorization.account or "a person's own")
    with connected(authorization, outside.pause, outside.address) as google:
        yield from _in_google(Surroundings(stack, google, outside, authorization.account))


def _configuration(stack: Stack) -> Iterator[Finding]:
    """Two values have no default."""
    for key, value, example in (
        ("gcp:project", stack.project, "THE_ID_OF_YOUR_PROJECT"),
        ("gcp:region", stack.region, "us-central1"),
    ):
        if not value:
            mend = f"pulumi config set {key} {example} --stack {stack.name}"
            yield Finding("configuration", WRONG, f"{key} is not said", mend)


def _in_google(around: Surroundings) -> Iterator[Finding]:
    yield from looked("state", state, around)
    yield from looked("secrets key", secrets, around)
    if not (around.stack.project and around.stack.region):
        return
    found = list(looked("project", existence, around))
    yield from found
    if any(each.state != WELL for each in found):
        return
    for name, check in _OF_THE_PROJECT:
        yield from looked(name, check, around)
