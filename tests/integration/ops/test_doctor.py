"""What `data-api doctor --stack` finds: Google is answered in its own form, Pulumi is a script with its answers."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from google.auth.credentials import Credentials
from google.auth.exceptions import RefreshError
from google.oauth2 import credentials, service_account

from data_api.doctor import doctor
from data_api.ops.credentials import Authorization
from data_api.ops.dependencies import Dependencies
from data_api.ops.doctor.check_context import enable
from data_api.ops.doctor.permissions import needed
from data_api.ops.doctor.requirements import CONSTRAINTS
from data_api.ops.pulumi_stack import read_stack
from data_api.shared.errors import CliError
from data_api.shared.gcloud import PROJECTS
from tests.support.servers import google_server
from tests.support.servers.google_server import GoogleServer, refusal, service_disabled

ROOT = Path(__file__).parents[3]
PROJECT, REGION = "drilled", "us-central1"
DATABASE = "data-api-dev"
PLUGIN = metadata.version("pulumi-gcp")
BUCKET = "storage/storage/v1/b/state"
KEY = "projects/keys/locations/global/keyRings/ring/cryptoKeys/key"

Json = Any


@dataclass
class Machine:
    """A project's folder, a Pulumi and a Google in which everything is well, until a test says otherwise."""

    google: GoogleServer
    folder: Path
    dependencies: Dependencies
    pulumi: dict[str, Json] = field(default_factory=dict)  # its answers, by the command's first words

    def doctor(self, *arguments: str) -> Result:
        self._put_pulumi()
        return CliRunner().invoke(doctor, ["--stack", "dev", *arguments], obj=self.dependencies)

    def result(self, name: str, state: str) -> tuple[str, str]:
        """The message and the fix of the one check of this name and state."""
        result = self.doctor("--json")
        report = json.loads(result.stdout)
        assert (0 if report["ok"] else 1) == result.exit_code
        assert (state != "problem") == report["ok"], report
        is_ok = {"ok": True, "problem": False, "unknown": None}[state]
        [check] = [check for check in report["checks"] if (name, is_ok) == (check["name"], check["ok"])]
        return check["message"], check["fix"]

    def configure(self, **settings: Json) -> None:
        """Pulumi.dev.yaml."""
        (self.folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings))

    def policy(self, constraint: str, *rules: Json) -> None:
        path = f"orgpolicy/v2/projects/{PROJECT}/policies/{constraint}:getEffectivePolicy"
        self.google.answers["GET", path] = {"name": path, "spec": {"rules": list(rules)}}

    def quota(self, name: str, value: int) -> None:
        path = f"cloudquotas/v1/projects/{PROJECT}/locations/global/services/run.googleapis.com/quotaInfos/{name}"
        everywhere = {"details": {"value": str(value)}, "applicableLocations": [REGION, "us-east1"]}
        elsewhere = {
            "details": {"value": "1"},
            "applicableLocations": ["us-east4"],
            "dimensions": {"region": "us-east4"},
        }
        self.google.answers["GET", path] = {"quotaId": name, "dimensionsInfos": [elsewhere, everywhere]}

    def act_as(self, credential: Credentials) -> None:
        self.dependencies = replace(self.dependencies, authorization=lambda _: Authorization(credential))

    def without_pulumi(self) -> None:
        self.dependencies = replace(self.dependencies, environ={"PATH": "/nowhere", "PULUMI_CONFIG_PASSPHRASE": ""})

    def without_passphrase(self) -> None:
        self.dependencies = replace(self.dependencies, environ={"PATH": self.dependencies.environ["PATH"]})

    def put_gcloud(self, answer: str) -> None:
        self._put("gcloud", f"echo '{answer}'")

    def _put_pulumi(self) -> None:
        arms = "\n".join(f"*'{words}'*) {_said(answer)};;" for words, answer in self.pulumi.items())
        self._put("pulumi", f'case "$*" in\n{arms}\nesac')

    def _put(self, name: str, script: str) -> None:
        program = self.folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)


def _said(answer: Json) -> str:
    if isinstance(answer, Exception):
        return f"echo 'error: {answer}' >&2; exit 255"
    return f"echo '{answer if isinstance(answer, str) else json.dumps(answer)}'"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    for name in ("Pulumi.yaml", "infra/service_names.py"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    with google_server.google_server() as server:
        environ = {"PATH": f"{tmp_path}/bin:/bin:/usr/bin", "PULUMI_CONFIG_PASSPHRASE": ""}
        dependencies = Dependencies(
            address=server.address,
            authorization=google_server.authorization,
            root=tmp_path,
            environ=environ,
            pause=lambda _: None,
        )
        made = Machine(server, tmp_path, dependencies)
        made.configure(config={"gcp:project": PROJECT, "gcp:region": REGION, "data-api:maxInstances": "2"})
        made.pulumi = {
            "version": "v3.260.0",
            "plugin ls --json": [{"name": "gcp", "kind": "resource", "version": PLUGIN}],
            "whoami --json": {"user": "ada", "url": "gs://state"},
            "stack ls --json": [{"name": "organization/data-api/dev", "current": True}],
            "stack output --json": {},
        }
        server.answers |= _well(read_stack(tmp_path, "dev").services)
        for constraint in [*(each.constraint for each in CONSTRAINTS), *_OTHER_CONSTRAINTS]:
            made.policy(constraint)
        made.put_gcloud('{"Google Cloud SDK": "546.0.0", "core": "2025.10.31"}')
        made.quota("CpuAllocPerProjectRegion", 20_000)
        made.quota("MemAllocPerProjectRegion", 40 * 2**30)
        yield made


_OTHER_CONSTRAINTS = (
    "gcp.resourceLocations",
    "gcp.restrictServiceUsage",
    "gcp.restrictNonCmekServices",
    "iam.allowedPolicyMemberDomains",
)


def _well(services: tuple[str, ...]) -> dict[tuple[str, str], Json]:
    on = [{"name": f"projects/123/services/{service}.googleapis.com", "state": "ENABLED"} for service in services]
    first, rest = {"services": on[:3], "nextPageToken": "more"}, {"services": [*on[3:], _service("serviceusage")]}
    return {
        ("GET", f"cloudresourcemanager/v3/projects/{PROJECT}"): {"name": "projects/123", "state": "ACTIVE"},
        ("GET", f"cloudbilling/v1/projects/{PROJECT}/billingInfo"): {"billingEnabled": True},
        ("GET", f"serviceusage/v1/projects/{PROJECT}/services"): lambda call: (
            rest if "pageToken" in call.parameters else first
        ),
        ("POST", f"cloudresourcemanager/v3/projects/{PROJECT}:testIamPermissions"): lambda call: call.body,
        ("GET", BUCKET): {"name": "state", "versioning": {"enabled": True}},
        ("GET", f"{BUCKET}/iam/testPermissions"): lambda call: {"permissions": call.parameters["permissions"]},
        ("POST", f"cloudkms/v1/{KEY}:testIamPermissions"): lambda call: call.body,
    }


def _service(name: str) -> Json:
    return {"name": f"projects/123/services/{name}.googleapis.com", "state": "ENABLED"}


def test_where_all_is_well_every_check_says_so_and_the_exit_code_too(machine: Machine) -> None:
    result = machine.doctor()
    assert 0 == result.exit_code, result.output
    lines = result.stdout.splitlines()
    assert ["", "No problems."] == lines[-2:]
    assert {"ok"} == {line.split()[0] for line in lines[:-2]}
    names = [line[8:].partition(":")[0].strip() for line in lines[:-2]]
    assert [
        "pulumi",
        "pulumi plugin",
        "gcloud",
        "credentials",
        "state",
        "stack",
        "secrets key",
        "project",
        "billing",
        "services",
        "permissions",
        "org policies",
        "quotas",
        "quotas",
        "database",
    ] == names


def test_nothing_is_changed(machine: Machine) -> None:
    machine.doctor()
    posts = {path.rpartition(":")[2] for path in machine.google.asked("POST")}
    assert {"testIamPermissions"} == posts
    assert {"GET", "POST"} == {call.method for call in machine.google.calls}
    assert {f"Bearer {google_server.TOKEN}"} == {call.authorization for call in machine.google.calls}


def test_the_fix_is_printed_below_the_problem(machine: Machine) -> None:
    machine.google.answers["GET", f"cloudbilling/v1/projects/{PROJECT}/billingInfo"] = {"billingEnabled": False}
    result = machine.doctor()
    assert 1 == result.exit_code
    lines = result.stdout.splitlines()
    at = lines.index(f"problem  billing: {PROJECT} has no open billing account")
    assert f"    gcloud billing projects link {PROJECT} --billing-account=YOUR_BILLING_ACCOUNT" == lines[at + 1]
    assert "1 problem to fix." == lines[-1]


def test_a_stack_without_a_file_is_told_with_those_that_have_one(machine: Machine) -> None:
    result = CliRunner().invoke(doctor, ["--stack", "prod"], obj=machine.dependencies)
    assert 1 == result.exit_code
    assert "Error: There is no Pulumi.prod.yaml (stacks with one: dev): " in result.stderr


@pytest.mark.parametrize(("key", "example"), [("gcp:project", "THE_ID_OF_YOUR_PROJECT"), ("gcp:region", "us-central1")])
def test_a_value_that_is_not_said_is_named_and_nothing_is_asked_of_google_in_vain(
    machine: Machine, key: str, example: str
) -> None:
    settings = {"gcp:project": PROJECT, "gcp:region": REGION}
    del settings[key]
    machine.configure(config=settings)
    expected = (f"{key} is not set", f"pulumi config set {key} {example} --stack dev")
    assert expected == machine.result("configuration", "problem")
    assert [] == [call.path for call in machine.google.calls if "/projects/" in call.path]


def test_without_pulumi_it_is_said_how_to_get_it(machine: Machine) -> None:
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


@pytest.mark.parametrize(
    ("answer", "state", "expected"),
    [
        ('{"Google Cloud SDK": "546.0.0"}', "ok", ("version 546.0.0", "")),
        (
            '{"Google Cloud SDK": "528.0.0"}',
            "problem",
            (
                "version 528.0.0; to restore a minute (docs/restore.md) it has to be 546 or newer",
                "gcloud components update",
            ),
        ),
        ("null", "unknown", ("not checked: `gcloud version` does not say its version", "gcloud version")),
        (
            "Updates are available.",
            "unknown",
            ("not checked: `gcloud version` does not say its version", "gcloud version"),
        ),
    ],
)
def test_a_gcloud_that_cannot_restore_a_minute_is_told(
    machine: Machine, answer: str, state: str, expected: tuple[str, str]
) -> None:
    machine.put_gcloud(answer)
    assert expected == machine.result("gcloud", state)


def test_without_gcloud_its_version_is_unknown(machine: Machine) -> None:
    machine.without_pulumi()
    assert "unknown  gcloud: the program is not installed" in machine.doctor().stdout


def test_a_stack_that_cannot_be_restored_needs_no_version_of_gcloud(machine: Machine) -> None:
    machine.put_gcloud('{"Google Cloud SDK": "528.0.0"}')
    machine.configure(config={"gcp:project": PROJECT, "gcp:region": REGION, "data-api:recoverable": False})
    assert "gcloud" not in machine.doctor().stdout


def person(quota_project: str | None = None, client: str = "32555940559.apps.googleusercontent.com") -> Credentials:
    """A credential as gcloud leaves it."""
    return credentials.Credentials(  # type: ignore[no-untyped-call] # google-auth has no annotations
        google_server.TOKEN, client_id=client, quota_project_id=quota_project
    )


@pytest.mark.parametrize("number", PROJECTS)
def test_a_service_that_requires_a_quota_project_is_told_with_the_command_that_sets_one(
    machine: Machine, number: str
) -> None:
    path = f"orgpolicy/v2/projects/{PROJECT}/policies/run.allowedIngress:getEffectivePolicy"
    service = "orgpolicy.googleapis.com"
    message = f"The {service} API requires a quota project, which is not set by default."
    refused = refusal(403, "PERMISSION_DENIED", message, "SERVICE_DISABLED", service, consumer=number)
    machine.google.answers["GET", path] = refused
    expected = (
        f"not checked: {service} requires a quota project, and your credential names none",
        f"gcloud auth application-default set-quota-project {PROJECT}",
    )
    assert expected == machine.result("org policies", "unknown")


@pytest.mark.parametrize(
    ("setting", "service"), [("quotaPerMinute", "apikeys"), ("budget", "billingbudgets")], ids=["quota", "budget"]
)
def test_a_person_who_deploys_api_keys_or_a_budget_is_told_to_name_a_quota_project_for_pulumi(
    machine: Machine, setting: str, service: str
) -> None:
    settings = {"gcp:project": PROJECT, "gcp:region": REGION, f"data-api:{setting}": "100"}
    machine.configure(config=settings)
    machine.act_as(person())
    message, fix = machine.result("quota project", "problem")
    assert f"{service}.googleapis.com requires one, and your own credential gives Pulumi none" == message
    assert [
        "pulumi config set gcp:userProjectOverride true --stack dev",
        f"pulumi config set gcp:billingProject {PROJECT} --stack dev",
        f"gcloud auth application-default set-quota-project {PROJECT}",
    ] == fix.splitlines()
    machine.act_as(person(quota_project=PROJECT))
    assert fix.splitlines()[:2] == machine.result("quota project", "problem")[1].splitlines()
    machine.configure(config={**settings, "gcp:userProjectOverride": "true", "gcp:billingProject": PROJECT})
    assert f"ok       quota project: {PROJECT}" in machine.doctor().stdout


def test_a_quota_project_is_no_problem_of_a_stack_that_a_pipeline_may_deploy(machine: Machine) -> None:
    settings = {"gcp:project": PROJECT, "gcp:region": REGION, "data-api:budget": "100"}
    machine.configure(secretsprovider=f"gcpkms://{KEY}", config=settings)
    machine.act_as(person())
    assert machine.result("quota project", "unknown")[1].startswith("# Not for a stack that a pipeline deploys")


@pytest.mark.parametrize("client", ["32555940559.apps.googleusercontent.com", "764086051850-a.apps.x", "1-a.apps.x"])
def test_who_deploys_nothing_that_needs_it_is_not_bothered_with_a_quota_project(machine: Machine, client: str) -> None:
    machine.act_as(person(client=client))
    assert "quota project" not in machine.doctor().stdout


def test_more_services_than_google_takes_at_once_are_turned_on_in_two_commands() -> None:
    services = [f"service{number}" for number in range(22)]
    assert [
        f"gcloud services enable {' '.join(services[:20])} --project={PROJECT}",
        f"gcloud services enable {' '.join(services[20:])} --project={PROJECT}",
    ] == enable(services, PROJECT).splitlines()


def test_nobody_signed_in_to_pulumi_is_told(machine: Machine) -> None:
    machine.pulumi["whoami --json"] = CliError("PULUMI_ACCESS_TOKEN must be set for login")
    message, fix = machine.result("state", "problem")
    assert "`pulumi whoami --json` failed: PULUMI_ACCESS_TOKEN must be set for login" == message
    assert "pulumi login gs://BUCKET_FOR_THE_STATE" == fix


def test_a_stack_that_the_state_does_not_know_is_told(machine: Machine) -> None:
    machine.pulumi["stack ls --json"] = [{"name": "prod"}]
    assert ("dev is not there", "pulumi stack init dev") == machine.result("stack", "problem")


def test_a_state_bucket_that_is_not_there_is_told(machine: Machine) -> None:
    machine.google.answers["GET", BUCKET] = google_server.not_found(BUCKET)
    expected = ("the bucket state does not exist", f"gcloud storage buckets create gs://state --project={PROJECT}")
    assert expected == machine.result("state", "problem")


def test_a_state_bucket_in_which_the_deployer_may_not_write_is_told(machine: Machine) -> None:
    machine.google.answers["GET", f"{BUCKET}/iam/testPermissions"] = {"permissions": ["storage.objects.get"]}
    message, fix = machine.result("state", "problem")
    assert "in gs://state you lack storage.objects.create, storage.objects.delete, storage.objects.list" == message
    assert fix.endswith("add-iam-policy-binding gs://state --member=user:YOUR_EMAIL --role=roles/storage.objectUser")


def test_a_state_bucket_without_older_versions_is_told(machine: Machine) -> None:
    machine.google.answers["GET", BUCKET] = {"name": "state"}
    message, fix = machine.result("state", "problem")
    assert "gs://state keeps no older versions: a lost state could not be recovered" == message
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


def test_a_secrets_key_is_looked_at_in_kms(machine: Machine) -> None:
    target = {"gcp:project": PROJECT, "gcp:region": REGION}
    machine.configure(secretsprovider=f"gcpkms://{KEY}", config=target)
    assert (KEY, "") == machine.result("secrets key", "ok")
    machine.google.answers["POST", f"cloudkms/v1/{KEY}:testIamPermissions"] = {}
    message, fix = machine.result("secrets key", "problem")
    assert f"there is no key {KEY}, or you lack " in message
    assert f"gcloud kms keys add-iam-policy-binding {KEY} " in fix
    assert fix.endswith("--role=roles/cloudkms.cryptoKeyEncrypterDecrypter")


def test_a_machine_without_a_credential_is_told_and_google_not_asked(machine: Machine) -> None:
    def nothing(_impersonated: str) -> Authorization:
        raise CliError("There is no Google credential on this machine.")

    machine.dependencies = replace(machine.dependencies, authorization=nothing)
    expected = ("There is no Google credential on this machine.", "gcloud auth login --update-adc")
    assert expected == machine.result("credentials", "problem")
    assert [] == machine.google.calls


def test_a_credential_that_google_refuses_is_told(machine: Machine) -> None:
    class Revoked(credentials.Credentials):
        def refresh(self, _request: object) -> None:
            raise RefreshError("Token has been revoked.")  # type: ignore[no-untyped-call] # google-auth has no annotations

    machine.act_as(Revoked(None))  # type: ignore[no-untyped-call] # as above
    message, fix = machine.result("credentials", "problem")
    assert "Google does not accept this machine's credential (Token has been revoked.)" in message
    assert "gcloud auth login --update-adc" == fix
    assert [] == machine.google.calls


def test_the_account_that_deploys_is_named_in_the_command_that_mends(machine: Machine) -> None:
    class Robot(service_account.Credentials):
        def refresh(self, _request: object) -> None:
            self.token = google_server.TOKEN

    robot = "deployer@drilled.iam.gserviceaccount.com"
    machine.act_as(Robot(None, robot, "https://oauth2.googleapis.com/token"))  # type: ignore[no-untyped-call] # as above
    path = f"cloudresourcemanager/v3/projects/{PROJECT}:testIamPermissions"
    machine.google.answers["POST", path] = {}
    assert f"--member=serviceAccount:{robot} " in machine.result("permissions", "problem")[1]
    assert f"credentials: {robot}" in machine.doctor().stdout


def test_the_account_that_pulumi_acts_as_is_acted_as_here_too(machine: Machine) -> None:
    asked: list[str] = []

    def noted(impersonated: str) -> Authorization:
        asked.append(impersonated)
        return google_server.authorization()

    robot = "deployer@drilled.iam.gserviceaccount.com"
    machine.configure(config={"gcp:project": PROJECT, "gcp:region": REGION, "gcp:impersonateServiceAccount": robot})
    machine.dependencies = replace(machine.dependencies, authorization=noted)
    machine.doctor()
    assert [robot] == asked


@pytest.mark.parametrize("code", [(403, "PERMISSION_DENIED"), (404, "NOT_FOUND")])
def test_a_project_that_is_not_there_ends_the_checks_that_need_it(machine: Machine, code: tuple[int, str]) -> None:
    path = f"cloudresourcemanager/v3/projects/{PROJECT}"
    machine.google.answers["GET", path] = refusal(*code, "The caller does not have permission")
    message, fix = machine.result("project", "problem")
    assert f"there is no project {PROJECT}, or you may not see it" == message
    assert f"gcloud projects create {PROJECT}\ngcloud projects list" == fix
    assert "billing" not in machine.doctor().stdout


def test_a_project_that_is_being_deleted_is_told(machine: Machine) -> None:
    path = f"cloudresourcemanager/v3/projects/{PROJECT}"
    machine.google.answers["GET", path] = {"name": "projects/123", "state": "DELETE_REQUESTED"}
    expected = (f"{PROJECT} is being deleted", f"gcloud projects undelete {PROJECT}")
    assert expected == machine.result("project", "problem")


def test_a_project_whose_resource_manager_is_off_is_not_taken_for_absent(machine: Machine) -> None:
    path = f"cloudresourcemanager/v3/projects/{PROJECT}"
    machine.google.answers["GET", path] = service_disabled("cloudresourcemanager.googleapis.com")
    _, fix = machine.result("project", "unknown")
    assert f"gcloud services enable cloudresourcemanager.googleapis.com --project={PROJECT}" == fix


def test_services_that_are_off_are_named_with_the_one_command_that_turns_them_on(machine: Machine) -> None:
    path = f"serviceusage/v1/projects/{PROJECT}/services"
    every = [service for service in machine_services(machine) if service not in {"run", "pubsub"}]
    machine.google.answers["GET", path] = {"services": [_service(each) for each in every]}
    message, fix = machine.result("services", "problem")
    assert "2 are off: pubsub.googleapis.com, run.googleapis.com" == message
    assert f"gcloud services enable pubsub.googleapis.com run.googleapis.com --project={PROJECT}" == fix


def test_permissions_that_lack_are_named_with_the_role_that_brings_each(machine: Machine) -> None:
    lacking = {"pubsub.topics.create", "pubsub.topics.setIamPolicy", "iam.serviceAccounts.actAs"}
    path = f"cloudresourcemanager/v3/projects/{PROJECT}:testIamPermissions"
    machine.google.answers["POST", path] = lambda call: {
        "permissions": [permission for permission in call.body["permissions"] if permission not in lacking]
    }
    message, fix = machine.result("permissions", "problem")
    assert lacking == set(message.removeprefix("you lack ").split(", "))
    grant = f"gcloud projects add-iam-policy-binding {PROJECT} --member=user:YOUR_EMAIL --role={{}} --condition=None"
    assert {grant.format("roles/pubsub.admin"), grant.format("roles/iam.serviceAccountUser")} == set(fix.splitlines())


def test_every_permission_that_is_needed_is_asked_for(machine: Machine) -> None:
    machine.doctor()
    [call] = [call for call in machine.google.calls if call.path.startswith("cloudresourcemanager/v3") and call.body]
    assert set(needed(machine_services(machine))) == set(call.body["permissions"])


@pytest.mark.parametrize(
    ("constraint", "rule", "said"),
    [
        ("iam.disableServiceAccountCreation", {"enforce": True}, "is on, but each function has a service account"),
        ("run.allowedIngress", {"values": {"allowedValues": ["is:internal"]}}, "forbids all, but the gateway reaches"),
        ("run.allowedIngress", {"denyAll": True}, "forbids all, internal, but"),
        (
            "cloudfunctions.allowedIngressSettings",
            {"values": {"deniedValues": ["ALLOW_ALL"]}},
            "forbids ALLOW_ALL, but",
        ),
        ("cloudfunctions.restrictAllowedGenerations", {"values": {"allowedValues": ["1stGen"]}}, "forbids 2ndGen, but"),
        ("gcp.resourceLocations", {"values": {"allowedValues": ["europe-west1"]}}, "forbids us-central1, but"),
        (
            "gcp.restrictServiceUsage",
            {"values": {"deniedValues": ["pubsub.googleapis.com"]}},
            "forbids pubsub.googleapis.com, but",
        ),
        (
            "gcp.restrictNonCmekServices",
            {"values": {"deniedValues": ["is:firestore.googleapis.com"]}},
            "forbids firestore.googleapis.com, but",
        ),
        ("iam.allowedPolicyMemberDomains", {"denyAll": True}, "allows nobody, but the stack grants rights"),
    ],
)
def test_a_policy_that_forbids_what_the_stack_declares_is_named(
    machine: Machine, constraint: str, rule: Json, said: str
) -> None:
    machine.policy(constraint, rule)
    message, fix = machine.result("org policies", "problem")
    assert f"{constraint} {said}" in message
    assert [
        f"gcloud org-policies describe {constraint} --effective --project={PROJECT}",
        f"gcloud org-policies reset {constraint} --project={PROJECT}",
    ] == fix.splitlines()


@pytest.mark.parametrize(
    ("constraint", "rule"),
    [
        ("iam.disableServiceAccountCreation", {"enforce": False}),
        ("run.allowedIngress", {"allowAll": True}),
        ("run.allowedIngress", {"values": {"allowedValues": ["is:all", "internal"]}}),
        ("gcp.resourceLocations", {"values": {"allowedValues": ["in:us-locations"]}}),
        ("gcp.resourceLocations", {"values": {"allowedValues": ["in:us-central1-locations"]}}),
        ("run.allowedIngress", {"denyAll": True, "condition": {"expression": "resource.matchTag('1/a', 'b')"}}),
        ("gcp.restrictServiceUsage", {"values": {"deniedValues": ["bigquery.googleapis.com"]}}),
    ],
)
def test_a_policy_that_leaves_room_for_the_stack_is_well(machine: Machine, constraint: str, rule: Json) -> None:
    machine.policy(constraint, rule)
    assert ("no policy forbids what the stack declares", "") == machine.result("org policies", "ok")


@pytest.mark.parametrize(
    ("constraint", "rule", "said"),
    [
        ("gcp.resourceLocations", {"values": {"allowedValues": ["in:low-carbon-locations"]}}, "names groups of values"),
        ("gcp.resourceLocations", {"values": {"deniedValues": ["in:low-carbon-locations"]}}, "names groups of values"),
        (
            "iam.allowedPolicyMemberDomains",
            {"values": {"allowedValues": ["C0abc"]}},
            "allows grants only to members of C0abc",
        ),
    ],
)
def test_a_policy_of_which_only_google_knows_what_it_allows_is_never_called_well(
    machine: Machine, constraint: str, rule: Json, said: str
) -> None:
    machine.policy(constraint, rule)
    assert said in machine.result("org policies", "unknown")[0]
    assert "1 could not be checked." in machine.doctor().stdout


def test_what_was_found_before_google_refused_to_tell_more_is_kept(machine: Machine) -> None:
    machine.policy("iam.disableServiceAccountCreation", {"enforce": True})
    path = f"orgpolicy/v2/projects/{PROJECT}/policies/run.allowedIngress:getEffectivePolicy"
    machine.google.answers["GET", path] = refusal(403, "PERMISSION_DENIED", "No.")
    assert "iam.disableServiceAccountCreation is on" in machine.result("org policies", "problem")[0]
    assert "unknown  org policies: not checked" in machine.doctor().stdout


def test_more_instances_than_the_region_has_cpus_for_are_refused_with_the_number_that_fits(machine: Machine) -> None:
    machine.quota("CpuAllocPerProjectRegion", 1_000)
    message, fix = machine.result("quotas", "problem")
    assert f"2 instances need 2,000 thousandths of a CPU in {REGION}, and 1,000 are allowed" == message
    assert "pulumi config set maxInstances 1 --stack dev" == fix.splitlines()[0]


def test_more_instances_than_the_region_has_memory_for_are_refused(machine: Machine) -> None:
    machine.quota("MemAllocPerProjectRegion", 600 * 2**20)
    message, _ = machine.result("quotas", "problem")
    assert f"2 instances need 1,073,741,824 bytes of memory in {REGION}, and 629,145,600 are allowed" == message


def test_an_unlimited_quota_is_well(machine: Machine) -> None:
    for name in ("CpuAllocPerProjectRegion", "MemAllocPerProjectRegion"):
        machine.quota(name, -1)
    assert 2 == machine.doctor().stdout.count("of unlimited")


def test_a_quota_that_google_does_not_name_is_not_called_well(machine: Machine) -> None:
    path = f"cloudquotas/v1/projects/{PROJECT}/locations/global/services/run.googleapis.com/quotaInfos/"
    machine.google.answers["GET", f"{path}CpuAllocPerProjectRegion"] = {}
    assert (f"Google names no CpuAllocPerProjectRegion for {REGION}", "") == machine.result("quotas", "unknown")


def test_a_database_that_was_left_behind_is_told(machine: Machine) -> None:
    path = f"firestore/v1/projects/{PROJECT}/databases/{DATABASE}"
    machine.google.answers["GET", path] = {"name": path}
    message, fix = machine.result("database", "problem")
    assert f"{DATABASE} exists and is not in the stack's state: Pulumi cannot create it" == message
    assert f"gcloud firestore databases delete --database={DATABASE} --project={PROJECT}" == fix.splitlines()[-1]


def test_the_stacks_own_database_is_well(machine: Machine) -> None:
    path = f"firestore/v1/projects/{PROJECT}/databases/{DATABASE}"
    machine.google.answers["GET", path] = {"name": path}
    machine.pulumi["stack output --json"] = {"database": DATABASE}
    assert (f"{DATABASE} is the stack's own", "") == machine.result("database", "ok")


def test_where_firestore_is_off_there_is_no_database(machine: Machine) -> None:
    path = f"firestore/v1/projects/{PROJECT}/databases/{DATABASE}"
    machine.google.answers["GET", path] = service_disabled("firestore.googleapis.com")
    assert (f"the name {DATABASE} is free", "") == machine.result("database", "ok")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("billing", f"cloudbilling/v1/projects/{PROJECT}/billingInfo"),
        ("org policies", f"orgpolicy/v2/projects/{PROJECT}/policies/run.allowedIngress:getEffectivePolicy"),
        ("org policies", f"orgpolicy/v2/projects/{PROJECT}/policies/{_OTHER_CONSTRAINTS[-1]}:getEffectivePolicy"),
        ("services", f"serviceusage/v1/projects/{PROJECT}/services"),
        ("database", f"firestore/v1/projects/{PROJECT}/databases/{DATABASE}"),
    ],
)
def test_what_google_does_not_let_the_deployer_see_is_not_called_well(machine: Machine, name: str, path: str) -> None:
    machine.google.answers["GET", path] = refusal(403, "PERMISSION_DENIED", "The caller does not have permission.")
    service = path.partition("/")[0]
    expected = (f"not checked: {service}.googleapis.com rejected the request: The caller does not have permission.", "")
    assert expected == machine.result(name, "unknown")


def test_a_check_whose_service_is_off_is_not_called_well_and_says_how_to_turn_it_on(machine: Machine) -> None:
    path = f"cloudbilling/v1/projects/{PROJECT}/billingInfo"
    machine.google.answers["GET", path] = service_disabled("cloudbilling.googleapis.com")
    expected = (
        "not checked: cloudbilling.googleapis.com is off, and only it knows",
        f"gcloud services enable cloudbilling.googleapis.com --project={PROJECT}",
    )
    assert expected == machine.result("billing", "unknown")


def test_a_fault_that_passes_is_waited_for(machine: Machine) -> None:
    answers = iter([refusal(503, "UNAVAILABLE", "Try again."), refusal(429, "RESOURCE_EXHAUSTED", "Slower.")])
    path = f"cloudbilling/v1/projects/{PROJECT}/billingInfo"
    machine.google.answers["GET", path] = lambda _: next(answers, {"billingEnabled": True})
    assert ("on", "") == machine.result("billing", "ok")


def test_an_answer_that_is_not_googles_is_told_without_a_traceback(machine: Machine) -> None:
    path = f"cloudbilling/v1/projects/{PROJECT}/billingInfo"
    machine.google.answers["GET", path] = (407, "Proxy Authentication Required")
    message, _ = machine.result("billing", "unknown")
    assert "not checked: cloudbilling.googleapis.com answers 407 Proxy Authentication Required." == message


def test_a_google_that_cannot_be_reached_is_told(machine: Machine) -> None:
    machine.dependencies = replace(machine.dependencies, address="http://127.0.0.1:1/{service}")
    message, _ = machine.result("project", "unknown")
    assert message.startswith("not checked: cloudresourcemanager.googleapis.com does not answer (")


def machine_services(machine: Machine) -> tuple[str, ...]:
    return (*read_stack(machine.folder, "dev").services, "serviceusage")
