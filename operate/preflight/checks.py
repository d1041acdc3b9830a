"""Says which checks there are, and in which order: what others depend on comes first, and its failure ends them.

Leaves each check to its file, the local stack's to the package that has it (the entry points `data_api.checks`), and
showing what is found to `report.py`.
"""

from collections.abc import Iterator
from importlib.metadata import entry_points

from operate.credentials import SIGN_IN
from operate.faults import Fault
from operate.finding import WELL, WRONG, Finding, from_mapping
from operate.google import connected
from operate.outside import Outside
from operate.preflight.database import database
from operate.preflight.permissions import permissions
from operate.preflight.policies import policies
from operate.preflight.project import billing, existence, services
from operate.preflight.pulumi import program, secrets, state
from operate.preflight.quotas import quotas
from operate.preflight.surroundings import Check, Surroundings, looked
from operate.stack import Stack, read_stack

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
    """What a deployment of the stack needs; raises Fault where the stack cannot be read."""
    stack = read_stack(outside.root, name)
    yield from program(outside)
    yield from _configuration(stack)
    try:
        authorization = outside.authorization(stack.impersonated)
        authorization.headers()
    except Fault as fault:
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
