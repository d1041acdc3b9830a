"""The resources of each program are in a reviewed file, so that a review shows every change."""

import dataclasses

import pytest

from tests.support.infra.inventory import FOLDER, PROGRAMS, inventory, recorded
from tests.support.infra.recorded_deployment import RecordedDeployment

CHANGED = "What {} consists of has changed. If that is meant: make inventory, review the file, commit it."


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("preview", [False, True], ids=["made", "previewed"])
def test_a_program_declares_the_reviewed_resources(program: str, preview: bool) -> None:  # noqa: FBT001  pytest's
    reviewed = (FOLDER / f"{program}.txt").read_text().splitlines()
    assert reviewed == inventory(recorded(program, preview=preview).resources).splitlines(), CHANGED.format(program)


def test_every_inventory_file_belongs_to_a_program() -> None:
    assert {f"{program}.txt" for program in PROGRAMS} == {path.name for path in FOLDER.iterdir()}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "another"},
        {"type": "gcp:pubsub/topic:Topics"},
        {"protected": False},
        {"parent": "urn:pulumi:prod::data-api::dataapi:infra:Function::present"},
    ],
)
def test_every_change_of_a_resource_changes_the_inventory(prod: RecordedDeployment, change: dict[str, object]) -> None:
    topic = prod.one("gcp:pubsub/topic:Topic", "records")
    other = dataclasses.replace(topic, **change)  # type: ignore[arg-type]  # names of fields
    changed = [other if resource is topic else resource for resource in prod.resources]
    assert inventory(prod.resources) != inventory(changed)


def test_a_resource_more_or_less_changes_the_inventory(prod: RecordedDeployment) -> None:
    for lost in prod.resources:
        assert inventory(prod.resources) != inventory([resource for resource in prod.resources if resource is not lost])


def test_the_order_of_declarations_does_not_matter(prod: RecordedDeployment) -> None:
    assert inventory(prod.resources) == inventory([*reversed(prod.resources)])
