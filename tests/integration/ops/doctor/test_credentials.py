"""The checks of the Google credential that the deployment would use."""

from dataclasses import replace

from google.auth.exceptions import RefreshError
from google.oauth2 import credentials, service_account

from data_api.ops.credentials import Authorization
from data_api.shared.errors import CliError
from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import PROJECT, REGION
from tests.support.servers import google_server


def test_a_missing_credential_is_reported_without_a_call_to_google(machine: Machine) -> None:
    def nothing(_impersonated: str) -> Authorization:
        raise CliError("There is no Google credential on this machine.")

    machine.dependencies = replace(machine.dependencies, authorization=nothing)
    expected = ("There is no Google credential on this machine.", "gcloud auth login --update-adc")
    assert expected == machine.result("credentials", "problem")
    assert [] == machine.google.calls


def test_a_credential_that_google_rejects_is_reported(machine: Machine) -> None:
    class Revoked(credentials.Credentials):
        def refresh(self, _request: object) -> None:
            raise RefreshError("Token has been revoked.")  # type: ignore[no-untyped-call] # google-auth has no annotations

    machine.act_as(Revoked(None))  # type: ignore[no-untyped-call] # as above
    message, fix = machine.result("credentials", "problem")
    assert "Google does not accept this machine's credential (Token has been revoked.)" in message
    assert "gcloud auth login --update-adc" == fix
    assert [] == machine.google.calls


def test_the_fix_names_the_account_that_deploys(machine: Machine) -> None:
    class Robot(service_account.Credentials):
        def refresh(self, _request: object) -> None:
            self.token = google_server.TOKEN

    robot = "deployer@drilled.iam.gserviceaccount.com"
    machine.act_as(Robot(None, robot, "https://oauth2.googleapis.com/token"))  # type: ignore[no-untyped-call] # as above
    path = f"cloudresourcemanager/v3/projects/{PROJECT}:testIamPermissions"
    machine.google.answers["POST", path] = {}
    assert f"--member=serviceAccount:{robot} " in machine.result("permissions", "problem")[1]
    assert f"credentials: {robot}" in machine.doctor().stdout


def test_doctor_impersonates_the_same_account_as_pulumi(machine: Machine) -> None:
    impersonated_accounts: list[str] = []

    def noted(impersonated: str) -> Authorization:
        impersonated_accounts.append(impersonated)
        return google_server.authorization()

    robot = "deployer@drilled.iam.gserviceaccount.com"
    machine.configure(config={"gcp:project": PROJECT, "gcp:region": REGION, "gcp:impersonateServiceAccount": robot})
    machine.dependencies = replace(machine.dependencies, authorization=noted)
    machine.doctor()
    assert [robot] == impersonated_accounts
