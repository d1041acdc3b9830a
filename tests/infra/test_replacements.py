"""Resources that Pulumi replaces by a new one, while the old one still exists or can never be deleted."""

import pytest

from tests.support.infra.pulumi_program import run_program
from tests.support.infra.resource_types import CONFIGURATION
from tests.support.infra.stack_settings import FULL


@pytest.mark.parametrize(
    ("type_", "name_input"),
    [
        (CONFIGURATION, "apiConfigId"),
        ("gcp:compute/subnetwork:Subnetwork", "name"),
        ("gcp:kms/keyRing:KeyRing", "name"),
    ],
)
def test_the_new_resource_gets_another_name_than_the_old_one(type_: str, name_input: str) -> None:
    """A configuration and a subnet are created before the old one is deleted. A key ring cannot be deleted."""
    (resource,) = run_program("prod", FULL).all(type_)
    assert name_input not in resource.inputs  # Pulumi or Google adds a suffix that makes it unique
    assert not resource.deletes_first
