"""The accounts, roles and grants of the preparation are those that a stack without one creates itself."""

from collections.abc import Mapping

import pytest

from tests.support.infra.declared_resources import service_accounts
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import ACCOUNT, CUSTOM_ROLE, PROJECT_GRANT
from tests.support.infra.stack_settings import OPERATOR

MADE_BY_THE_PREPARATION = (ACCOUNT, CUSTOM_ROLE, PROJECT_GRANT)


def made(deployment: RecordedDeployment, stack: str) -> set[tuple[str, ...]]:
    """What the deployment makes for the stack's own accounts, in a form that can be compared."""
    own = f"data-api-{stack}-"
    pipeline = tuple(f"{own}{job}" for job in ("deploy", "preview", "drill"))
    results: set[tuple[str, ...]] = set()
    for type_ in MADE_BY_THE_PREPARATION:
        for resource in deployment.all(type_):
            inputs = resource.inputs
            whose = inputs.get("accountId") or inputs.get("roleId", "").replace("_", "-")
            whose = whose or inputs["member"].removeprefix("serviceAccount:").partition("@")[0]
            if whose.startswith(own) and whose not in pipeline:
                title = inputs.get("displayName") or inputs.get("title", "")
                granted = inputs.get("role", "") or ",".join(inputs.get("permissions", ()))
                results.add((type_, whose, title, granted, inputs.get("condition", {}).get("expression", "")))
    return results


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_preparation_makes_what_a_stack_without_one_makes(stack: str, bootstrapped: RecordedDeployment) -> None:
    alone = made(
        run_program(stack, {**OPERATOR, "data-api:tracePercent": "1", "data-api:syntheticCaller": "true"}), stack
    )
    assert len(alone) > 15
    assert alone == made(bootstrapped, stack)


@pytest.mark.parametrize("stack", ["dev", "prod", "full"])
def test_a_prepared_stack_makes_no_account_no_role_and_no_grant_in_the_project(
    prepared: Mapping[str, RecordedDeployment], stack: str
) -> None:
    assert [] == [resource.name for type_ in MADE_BY_THE_PREPARATION for resource in prepared[stack].all(type_)]


def test_a_prepared_stack_runs_as_the_same_accounts(
    prepared: Mapping[str, RecordedDeployment], prod: RecordedDeployment
) -> None:
    assert dict(service_accounts(prod.resources)).keys() == dict(service_accounts(prepared["prod"].resources)).keys()
    for name, account in service_accounts(prod.resources):
        if name != "build":  # its full name, which mocks do not give
            assert account == dict(service_accounts(prepared["prod"].resources))[name]
