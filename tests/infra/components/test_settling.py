"""What Google learns late is waited for: grants before what needs them, services and metrics by trying again."""

import pulumi
import pytest

from deployment import settling
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION

DISABLED = (
    "Error 403: Cloud Functions API has not been used in project 1 before or it is disabled. If you enabled this API "
    "recently, wait a few minutes"
)
NO_METRIC = 'Error 404: Cannot find metric that matches type = "logging.googleapis.com/user/data-api-dev-stored".'
KEY_GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
SERVICE = "gcp:projects/service:Service"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the hooks wait, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


def errors(*texts: str) -> pulumi.ErrorHookArgs:
    return pulumi.ErrorHookArgs("urn", "id", "name", "type", failed_operation="create", errors=list(texts))


@pytest.mark.parametrize("error", [DISABLED, NO_METRIC])
def test_what_google_does_not_know_yet_is_tried_again(error: str, pauses: list[float]) -> None:
    assert settling.retry(errors(error))
    assert [settling.RETRY_SECONDS] == pauses


@pytest.mark.parametrize("error", ["Error code 3, message: Build failed", "Error 403: Permission denied"])
def test_no_other_error_is_tried_again(error: str, pauses: list[float]) -> None:
    assert not settling.retry(errors(error, DISABLED))
    assert [] == pauses


def test_an_end_comes_after_ten_minutes(pauses: list[float]) -> None:
    tries = 1
    while settling.retry(errors(*[DISABLED] * tries)):
        tries += 1
    assert 600 == sum(pauses)


def test_every_resource_but_the_services_waits_for_services_that_are_new(each_stack: RecordedDeployment) -> None:
    without = {
        resource.type
        for resource in each_stack.resources
        if resource.type.startswith("gcp:") and "not-known-yet" not in resource.hooks
    }
    assert {SERVICE} == without


def test_a_build_begins_when_its_grants_have_taken_effect(each_stack: RecordedDeployment) -> None:
    settled = {resource.urn for resource in each_stack.resources if "build-grants" in resource.hooks}
    assert 3 <= len(settled)
    assert all(settled <= function.waits_for for function in each_stack.all(FUNCTION))
    account = each_stack.one("gcp:serviceaccount/account:Account", "build").inputs["accountId"]
    of_the_account = [
        resource.name
        for resource in each_stack.resources
        if resource.inputs.get("member", "").startswith(f"serviceAccount:{account}@") and resource.urn not in settled
    ]
    assert [] == of_the_account


def test_what_is_encrypted_waits_until_the_grants_of_its_key_have_taken_effect(full: RecordedDeployment) -> None:
    assert full.all(KEY_GRANT)
    assert all("key-grants" in grant.hooks for grant in full.all(KEY_GRANT))
