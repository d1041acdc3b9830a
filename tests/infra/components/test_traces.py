"""Which functions send traces, where to, and how many."""

import pytest

from dataapi.gcp import settings
from deployment.config_error import ConfigError
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION
from tests.support.infra.stack_settings import OPERATOR

MEMBER = "gcp:projects/iAMMember:IAMMember"
WRITER = "roles/telemetry.tracesWriter"


def test_every_function_sends_the_configured_share_of_traces_with_its_own_account(full: RecordedDeployment) -> None:
    for function in full.all(FUNCTION):
        environment = full.environment(function.name)
        grant = full.one(MEMBER, f"{function.name}-writes-traces").inputs
        assert "https://telemetry.googleapis.com" == environment[settings.OTLP_ENDPOINT]
        assert "0.1" == environment["OTEL_TRACES_SAMPLER_ARG"]
        assert WRITER == grant["role"]
        account = full.one("gcp:serviceaccount/account:Account", function.name)
        assert account.inputs["accountId"] in grant["member"]


def test_a_stack_without_traces_has_no_variables_and_grants_for_them(dev_or_prod: RecordedDeployment) -> None:
    names = {name for function in dev_or_prod.all(FUNCTION) for name in dev_or_prod.environment(function.name)}
    assert set() == {name for name in names if name.startswith("OTEL_")}
    assert WRITER not in {resource.inputs["role"] for resource in dev_or_prod.all(MEMBER)}


@pytest.mark.parametrize("percent", ["-1", "101"])
def test_an_invalid_share_of_traces_is_rejected_with_the_command_that_fixes_it(percent: str) -> None:
    with pytest.raises(ConfigError, match=r"must be from 0 to 100: pulumi config set data-api:tracePercent 0"):
        run_program("dev", {**OPERATOR, "data-api:tracePercent": percent})
