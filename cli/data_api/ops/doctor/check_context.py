"""Holds what the checks of a stack look at: its configuration, Google, and the world outside.

Owns how a check that Google does not let look becomes a finding: what cannot be told is `unknown`, never well.
Leaves the checks to the other files of this folder.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from data_api.ops.dependencies import Outside
from data_api.ops.doctor.finding import UNKNOWN, Finding
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google
from data_api.ops.pulumi_stack import Stack


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A stack before its deployment."""

    stack: Stack
    google: Google
    outside: Outside
    account: str  # the service account that deploys; nothing for a person


Check = Callable[[Surroundings], Iterator[Finding]]


def enable(services: list[str], project: str) -> str:
    """The command that turns services on."""
    return f"gcloud services enable {' '.join(services)} --project={project}"


def looked(name: str, check: Check, around: Surroundings) -> Iterator[Finding]:
    """What the check finds; what Google refuses to tell it is a finding of its own."""
    try:
        yield from check(around)
    except GoogleError as fault:
        yield not_told(name, fault, around.stack.project)


def not_told(name: str, fault: GoogleError, project: str) -> Finding:
    """Why a check could not look."""
    if fault.reason == "SERVICE_DISABLED":
        says = f"not checked: {fault.service} is off, and only it could tell"
        return Finding(name, UNKNOWN, says, enable([fault.service], project))
    return Finding(name, UNKNOWN, f"not checked: {fault.message}")
