"""The synthetic caller: its function, its schedule, and what it may do."""

import json

import pytest

from deployment.config_error import ConfigError
from tests.support.infra.pulumi_mocks import PROJECT, account, address
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import ACCOUNT, FUNCTION, INVOKER_GRANT, JOB, PROJECT_GRANT
from tests.support.infra.stack_settings import OPERATOR


def test_only_a_stack_with_the_setting_has_a_synthetic_caller(dev: RecordedDeployment) -> None:
    assert [] == dev.all(JOB)
    with_it = run_program("dev", {**OPERATOR, "data-api:syntheticCaller": "true"})
    without = run_program("prod", {**OPERATOR, "data-api:syntheticCaller": "false"})
    assert (1, 0) == (len(with_it.all(JOB)), len(without.all(JOB)))
    assert ("probe" in with_it.outputs["functions"], "probe" in without.outputs["functions"]) == (True, False)
    assert not [resource.name for resource in without.resources if "synthetic" in resource.name]


def test_it_calls_the_address_that_users_have_with_a_token_for_it(prod: RecordedDeployment) -> None:
    variables = prod.environment("probe")
    assert (prod.outputs["url"], prod.outputs["audience"]) == (variables["API_URL"], variables["AUDIENCE"])
    domain = run_program("prod", {**OPERATOR, "data-api:webDomain": "data.example.com"})
    assert "https://data.example.com" == domain.environment("probe")["API_URL"]


def test_it_has_the_key_that_a_quota_needs_as_a_secret(prod: RecordedDeployment, full: RecordedDeployment) -> None:
    assert "API_KEY" not in prod.environment("probe")
    assert "a-key" in json.dumps(full.environment("probe"))


def test_it_has_both_roles_of_a_caller_and_nothing_in_the_project(prod: RecordedDeployment) -> None:
    own = f"serviceAccount:{account('probe', 'prod')}"
    grants = json.loads(prod.environment("generate")["GRANTS"])
    assert {"data.read": [own], "data.write": [own]} == grants == json.loads(prod.environment("present")["GRANTS"])
    assert [] == [grant.name for grant in prod.all(PROJECT_GRANT) if grant.inputs["member"] == own]
    assert account("probe", "prod") == prod.one(FUNCTION, "probe").inputs["serviceConfig"]["serviceAccountEmail"]


def test_grants_of_others_stay(dev: RecordedDeployment) -> None:
    ada = "user:ada@example.com"
    settings = {**OPERATOR, "data-api:syntheticCaller": "true", "data-api:grants": f'{{"data.read": ["{ada}"]}}'}
    grants = json.loads(run_program("dev", settings).environment("present")["GRANTS"])
    own = f"serviceAccount:{account('probe', 'dev')}"
    assert {"data.read": [ada, own], "data.write": [own]} == grants
    assert "{}" == dev.environment("present")["GRANTS"]


def test_only_cloud_scheduler_calls_it_with_an_account_that_may_do_nothing_else(prod: RecordedDeployment) -> None:
    target = prod.one(JOB, "schedule").inputs["httpTarget"]
    url = address("data-api-prod-probe")
    token = {"serviceAccountEmail": account("schedule", "prod"), "audience": url}
    assert {"httpMethod": "POST", "uri": url, "oidcToken": token} == target
    invokers = {grant.name: grant.inputs["member"] for grant in prod.all(INVOKER_GRANT)}
    member = f"serviceAccount:{account('schedule', 'prod')}"
    assert ["schedule-invokes-probe"] == [name for name, invoker in invokers.items() if invoker == member]
    assert member not in {grant.inputs["member"] for grant in prod.all(PROJECT_GRANT)}
    assert "data-api-prod-schedule" == prod.one(ACCOUNT, "schedule").inputs["accountId"]
    assert "ALLOW_INTERNAL_ONLY" == prod.one(FUNCTION, "probe").inputs["serviceConfig"]["ingressSettings"]
    assert prod.one(INVOKER_GRANT, "schedule-invokes-probe").urn in prod.one(JOB, "schedule").waits_for


def test_a_call_may_take_as_long_as_the_function_and_is_not_repeated_by_the_schedule(prod: RecordedDeployment) -> None:
    job, function = prod.one(JOB, "schedule").inputs, prod.one(FUNCTION, "probe").inputs["serviceConfig"]
    assert ("*/5 * * * *", f"{function['timeoutSeconds']:.0f}s") == (job["schedule"], job["attemptDeadline"])
    assert {"retryCount": 0} == job["retryConfig"]
    assert (0, 1) == (function["minInstanceCount"], function["maxInstanceCount"])


def test_it_is_outside_of_the_private_network_as_users_are(prod: RecordedDeployment) -> None:
    assert "directVpcEgress" not in prod.one(FUNCTION, "probe").inputs["serviceConfig"]
    assert "directVpcEgress" in prod.one(FUNCTION, "persist").inputs["serviceConfig"]


def test_it_needs_googles_tokens() -> None:
    issuers = '["identityPlatform"]'
    with pytest.raises(
        ConfigError, match=r"tokens are of the issuer google, .* config set data-api:syntheticCaller false"
    ):
        run_program("prod", {**OPERATOR, "data-api:issuers": issuers})
    quiet = {**OPERATOR, "data-api:issuers": issuers, "data-api:syntheticCaller": "false"}
    assert PROJECT == run_program("prod", quiet).outputs["project"]
