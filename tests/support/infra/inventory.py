"""Lists the resources of a program as a text for review. `make inventory` writes one for each program.

A line for each resource, below its parent, with its protection and the role of a grant. No line depends on values that
are known only after creation, so a preview gives the same list. test_inventory.py and test_preview.py compare the
files.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from tests.support.infra.pulumi_program import run_bootstrap_program, run_program
from tests.support.infra.recorded_deployment import Json, RecordedDeployment
from tests.support.infra.stack_settings import DOMAIN, ROOT

PAGE_FILE = "dataapi:infra:PageFiles$gcp:storage/bucketObject:"  # not listed: one for each file in web/
FOLDER = ROOT / "tests" / "infra" / "inventory"
PROGRAMS = ("dev", "prod", "domain", "bootstrap")  # domain: prod with a domain of its own


class Listed(Protocol):
    """A declared resource."""

    @property
    def urn(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> Json: ...
    @property
    def protected(self) -> bool: ...
    @property
    def parent(self) -> str: ...


def inventory(resources: Sequence[Listed]) -> str:
    """The list; equal for equal resources in any order."""
    known = {resource.urn for resource in resources}
    return "".join(
        f"{line}\n" for line in _below({resource.parent for resource in resources} - known, resources, depth=0)
    )


def recorded(program: str, *, preview: bool = False) -> RecordedDeployment:
    """What one of `PROGRAMS` declares: a stack, or the bootstrap program."""
    if program == "bootstrap":
        return run_bootstrap_program(preview=preview)
    if program == "domain":
        return run_program("prod", DOMAIN, preview=preview)
    return run_program(program, preview=preview)


def write() -> None:
    """Writes the list of each program as it is now."""
    FOLDER.mkdir(exist_ok=True)
    for program in PROGRAMS:
        (FOLDER / f"{program}.txt").write_text(inventory(recorded(program).resources))


def _below(parents: set[str], resources: Sequence[Listed], depth: int) -> Iterator[str]:
    children = [resource for resource in resources if resource.parent in parents]
    children = [child for child in children if PAGE_FILE not in child.urn]
    for child in sorted(children, key=lambda child: (child.type, child.name)):
        yield "  " * depth + _line(child)
        yield from _below({child.urn}, resources, depth + 1)


def _line(resource: Listed) -> str:
    role, condition = resource.inputs.get("role"), resource.inputs.get("condition")
    granted = f" {role}" if isinstance(role, str) and role.startswith("roles/") else ""  # of a custom role unknown
    limited = f" ({condition['title']})" if condition else ""
    return f"{resource.type} {resource.name}{granted}{limited}{' (protected)' if resource.protected else ''}"


if __name__ == "__main__":
    write()
