"""What doctor reads from files about a stack is what the Pulumi program declares."""

import shutil
from pathlib import Path

import pytest
import yaml

from data_api.ops.doctor.requirements import PERMISSIONS
from data_api.ops.pulumi_stack import Stack, read_stack
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import FULL, OPERATOR, ROOT, stack_file

SERVICE = "gcp:projects/service:Service"
FUNCTION = "gcp:cloudfunctionsv2/function:Function"
DATABASE = "gcp:firestore/database:Database"


def read(folder: Path, name: str, said: dict[str, str]) -> Stack:
    """Reads the stack, with the settings that the operator adds."""
    (folder / "infra").mkdir(parents=True)
    for file in ("Pulumi.yaml", "infra/service_names.py"):
        shutil.copyfile(ROOT / file, folder / file)
    (folder / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": stack_file(name) | said}))
    return read_stack(folder, name)


def googles(declared: RecordedDeployment) -> set[str]:
    """The enabled services, without that of the API itself, which exists only after the deployment."""
    named = {resource.inputs["service"] for resource in declared.all(SERVICE)}
    return {name.removesuffix(".googleapis.com") for name in named if name.endswith(".googleapis.com")}


@pytest.mark.parametrize(
    ("recorded", "name", "said"), [("dev", "dev", OPERATOR), ("prod", "prod", OPERATOR), ("full", "prod", FULL)]
)
def test_doctor_reads_the_same_stack_that_the_program_declares(
    recorded: str, name: str, said: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    declared: RecordedDeployment = request.getfixturevalue(recorded)
    stack = read(tmp_path, name, said)
    assert googles(declared) == set(stack.services)
    assert declared.one(DATABASE, "database").inputs["name"] == stack.database
    size = declared.one(FUNCTION, "generate").inputs["serviceConfig"]
    assert (size["maxInstanceCount"], size["availableCpu"], size["availableMemory"]) == (
        stack.max_instances,
        str(stack.cpu),
        f"{stack.memory}Mi",
    )
    assert (said["gcp:project"], said["gcp:region"]) == (stack.project, stack.region)


def test_doctor_knows_the_permissions_for_every_service_of_a_stack(full: RecordedDeployment) -> None:
    assert set() == googles(full) - set(PERMISSIONS)


def test_every_part_of_a_stack_uses_the_configured_database(tmp_path: Path) -> None:
    said = OPERATOR | {"data-api:database": "data-api-prod-r1"}
    switched = run_program("prod", said)
    assert "data-api-prod-r1" == switched.one(DATABASE, "database").inputs["name"] == switched.outputs["database"]
    assert {"data-api-prod-r1"} == {switched.environment(function)["DATABASE"] for function in ("persist", "present")}
    grants = [switched.one("gcp:projects/iAMMember:IAMMember", f"{verb}s-records") for verb in ("create", "read")]
    assert all('/databases/data-api-prod-r1"' in grant.inputs["condition"]["expression"] for grant in grants)
    assert "data-api-prod-r1" == read(tmp_path, "prod", said).database


def test_the_outputs_that_the_drill_reads_are_exported(prod: RecordedDeployment) -> None:
    assert (OPERATOR["gcp:project"], "data-api-prod") == (prod.outputs["project"], prod.outputs["database"])
