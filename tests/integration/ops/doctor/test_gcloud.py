"""`data-api doctor --stack`: the version of gcloud."""

import pytest

from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import PROJECT, REGION


@pytest.mark.parametrize(
    ("answer", "state", "expected"),
    [
        ('{"Google Cloud SDK": "546.0.0"}', "ok", ("version 546.0.0", "")),
        (
            '{"Google Cloud SDK": "528.0.0"}',
            "problem",
            (
                "version 528.0.0; to restore a minute (docs/restore.md) it has to be 546 or newer",
                "gcloud components update",
            ),
        ),
        ("null", "unknown", ("not checked: `gcloud version` does not say its version", "gcloud version")),
        (
            "Updates are available.",
            "unknown",
            ("not checked: `gcloud version` does not say its version", "gcloud version"),
        ),
    ],
)
def test_a_gcloud_that_cannot_restore_a_minute_is_a_problem(
    machine: Machine, answer: str, state: str, expected: tuple[str, str]
) -> None:
    machine.put_gcloud(answer)
    assert expected == machine.result("gcloud", state)


def test_without_gcloud_its_version_is_unknown(machine: Machine) -> None:
    machine.without_pulumi()
    assert "unknown  gcloud: the program is not installed" in machine.doctor().stdout


def test_a_stack_that_cannot_be_restored_needs_no_version_of_gcloud(machine: Machine) -> None:
    machine.put_gcloud('{"Google Cloud SDK": "528.0.0"}')
    machine.configure(config={"gcp:project": PROJECT, "gcp:region": REGION, "data-api:recoverable": False})
    assert "gcloud" not in machine.doctor().stdout
