"""A build that failed is requested again by the next `up`, because the build then has another name."""

from pathlib import Path

import pytest

from deployment.archive import archive, object_name
from deployment.build import OUTPUT, VARIABLE
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION, INVOKER_GRANT
from tests.support.infra.stack_settings import ROOT

ARCHIVE = object_name(archive(ROOT))
LAST = f"{ARCHIVE} 2026-01-31T12:00:00+00:00"


def builds(deployment: RecordedDeployment) -> set[str]:
    """The names of the builds, as the builds and the functions get them."""
    functions = deployment.all(FUNCTION)
    assert 6 == len(functions)
    return {function.inputs["buildConfig"]["environmentVariables"][VARIABLE] for function in functions} | {
        deployment.environment(function.name)[VARIABLE] for function in functions
    }


def test_what_the_last_deployment_built_is_not_built_again() -> None:
    again = run_program("dev", last_outputs={OUTPUT: LAST})
    assert {LAST} == builds(again)
    assert LAST == again.outputs[OUTPUT]


@pytest.mark.parametrize("last", [{}, {OUTPUT: "functions-other.zip 2026-01-31T12:00:00+00:00"}, {OUTPUT: {"a": 1}}])
def test_what_no_deployment_has_ended_with_is_built_under_a_new_name(last: dict[str, object]) -> None:
    deployment = run_program("dev", last_outputs=last)
    (name,) = builds(deployment)
    assert name.startswith(f"{ARCHIVE} ")
    assert name not in last.values()
    assert name == deployment.outputs[OUTPUT]


def test_a_preview_does_not_know_the_build_before_the_functions_exist() -> None:
    assert OUTPUT not in run_program("dev", preview=True).outputs


def test_another_archive_is_another_build(project_copy: Path) -> None:
    (project_copy / "functions" / "persist.py").write_text("changed = True\n")
    changed = run_program("dev", root=project_copy, last_outputs={OUTPUT: LAST})
    assert LAST not in builds(changed)


def test_a_grant_asks_for_the_service_that_the_function_has(dev: RecordedDeployment) -> None:
    for grant in dev.all(INVOKER_GRANT):
        (function,) = [found for found in dev.all(FUNCTION) if found.parent == grant.parent]
        assert grant.inputs["name"] == function.inputs["name"]
        assert function.urn in grant.waits_for


def test_nothing_is_asked_of_a_service_before_the_function_has_one() -> None:
    previewed = run_program("dev", preview=True)
    names = {grant.inputs.get("name") for grant in previewed.all(INVOKER_GRANT)}
    assert not names & {function.inputs["name"] for function in previewed.all(FUNCTION)}
