"""The checks of Pulumi: program, plugin, state, stack, key of the secrets."""

from data_api.shared.errors import CliError
from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import BUCKET, KEY, PLUGIN, PROJECT, REGION
from tests.support.servers import google_server


def test_a_missing_pulumi_is_a_problem_with_the_command_that_installs_it(machine: Machine) -> None:
    machine.without_pulumi()
    expected = ("the program is not installed", "curl -fsSL https://get.pulumi.com | sh")
    assert expected == machine.result("pulumi", "problem")


def test_a_plugin_of_another_version_is_no_problem_since_pulumi_downloads_the_right_one(machine: Machine) -> None:
    machine.pulumi["plugin ls --json"] = [{"name": "gcp", "kind": "resource", "version": "9.0.0"}]
    expected = (
        f"gcp {PLUGIN} is not installed; `pulumi up` downloads it",
        f"pulumi plugin install resource gcp {PLUGIN}",
    )
    assert expected == machine.result("pulumi plugin", "unknown")


def test_a_missing_login_to_pulumi_is_a_problem(machine: Machine) -> None:
    machine.pulumi["whoami --json"] = CliError("PULUMI_ACCESS_TOKEN must be set for login")
    message, fix = machine.result("state", "problem")
    assert "`pulumi whoami --json` failed: PULUMI_ACCESS_TOKEN must be set for login" == message
    assert "pulumi login gs://BUCKET_FOR_THE_STATE" == fix


def test_a_stack_that_is_not_in_the_state_is_a_problem(machine: Machine) -> None:
    machine.pulumi["stack ls --json"] = [{"name": "prod"}]
    assert ("dev does not exist", "pulumi stack init dev") == machine.result("stack", "problem")


def test_a_missing_state_bucket_is_a_problem(machine: Machine) -> None:
    machine.google.answers["GET", BUCKET] = google_server.not_found(BUCKET)
    expected = ("the bucket state does not exist", f"gcloud storage buckets create gs://state --project={PROJECT}")
    assert expected == machine.result("state", "problem")


def test_a_state_bucket_that_the_deployer_may_not_write_is_a_problem(machine: Machine) -> None:
    machine.google.answers["GET", f"{BUCKET}/iam/testPermissions"] = {"permissions": ["storage.objects.get"]}
    message, fix = machine.result("state", "problem")
    assert "in gs://state you lack storage.objects.create, storage.objects.delete, storage.objects.list" == message
    assert fix.endswith("add-iam-policy-binding gs://state --member=user:YOUR_EMAIL --role=roles/storage.objectUser")


def test_a_state_bucket_without_versions_is_a_problem(machine: Machine) -> None:
    machine.google.answers["GET", BUCKET] = {"name": "state"}
    message, fix = machine.result("state", "problem")
    assert "gs://state has no object versioning: a lost state could not be recovered" == message
    assert "gcloud storage buckets update gs://state --versioning" == fix


def test_a_passphrase_that_is_not_given_is_no_problem_since_pulumi_asks_for_it(machine: Machine) -> None:
    machine.without_passphrase()
    message, fix = machine.result("secrets key", "unknown")
    assert message.startswith("a passphrase; Pulumi asks for it")
    assert "export PULUMI_CONFIG_PASSPHRASE=" == fix


def test_pulumi_cloud_needs_no_passphrase(machine: Machine) -> None:
    machine.without_passphrase()
    machine.pulumi["whoami --json"] = {"user": "ada", "url": "https://api.pulumi.com"}
    assert ("kept by Pulumi Cloud", "") == machine.result("secrets key", "ok")


def test_a_key_for_secrets_is_checked_in_kms(machine: Machine) -> None:
    target = {"gcp:project": PROJECT, "gcp:region": REGION}
    machine.configure(secretsprovider=f"gcpkms://{KEY}", config=target)
    assert (KEY, "") == machine.result("secrets key", "ok")
    machine.google.answers["POST", f"cloudkms/v1/{KEY}:testIamPermissions"] = {}
    message, fix = machine.result("secrets key", "problem")
    assert f"the key {KEY} does not exist, or you lack " in message
    assert f"gcloud kms keys add-iam-policy-binding {KEY} " in fix
    assert fix.endswith("--role=roles/cloudkms.cryptoKeyEncrypterDecrypter")
