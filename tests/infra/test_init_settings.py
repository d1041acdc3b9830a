"""What `data-api init` writes is what the programs of Pulumi accept and need."""

from pathlib import Path

import yaml

from data_api.ops.dependencies import Dependencies
from data_api.ops.init import preparation, stack_plan
from data_api.ops.init.questions import Questions
from data_api.ops.init.settings import ROLES
from deployment.configuration import access, environment
from settings import _REGION as REGION
from settings import _STACK_NAME as STACK
from tests.support.infra.stack_settings import ROOT


def test_init_accepts_the_same_values_as_the_programs() -> None:
    assert environment._STACK_NAME.pattern == STACK.pattern == stack_plan.STACK.pattern.pattern  # noqa: SLF001 - compared
    assert access._MEMBER.pattern == stack_plan.MEMBER.pattern.pattern  # noqa: SLF001 - as above
    assert access._PROJECT_ID.pattern == f"(?:{stack_plan.PROJECT.pattern.pattern})?"  # noqa: SLF001 - as above
    assert REGION.pattern == stack_plan.REGION.pattern.pattern
    assert set(access.ROLES) == set(ROLES)


def test_init_sets_all_that_the_preparation_cannot_guess(tmp_path: Path) -> None:
    program = yaml.safe_load((ROOT / preparation.FOLDER / "Pulumi.yaml").read_text())
    dependencies = Dependencies(root=tmp_path, environ={"PATH": ""})
    place = {"gcp:project": "my-project", "gcp:region": "europe-west1"}
    changes = preparation.changes(
        dependencies, Questions(is_terminal=False, accepts_offers=True), {}, place, ("1", "2")
    )
    names = {change.command[5] for change in changes if "config" in change.command}
    assert names == {*place, *(key for key, setting in program["config"].items() if "default" not in setting)}
    assert program["name"] == preparation.PROGRAM
