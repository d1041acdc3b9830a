"""`data-api init --stack`: what it asks of Pulumi and gcloud, and what it leaves as it is."""

import pytest
from google.oauth2 import credentials

from data_api.ops.credentials import Authorization
from data_api.shared.errors import CliError
from data_api.shared.gcloud import AUDIENCE
from tests.support.cloud_programs import ACCOUNT, DEV, OWN, PLACE, PROJECT, REGION, Clone, put_program
from tests.support.servers import google_server

WRITE = f'config set --path data-api:grants["data.write"][0] {ACCOUNT} --stack dev'
READ = f'config set --path data-api:grants["data.read"][0] {ACCOUNT} --stack dev'


def test_one_command_configures_a_stack_and_ends_with_the_doctor(dev: Clone) -> None:
    result = dev.run(*DEV, "--yes")
    assert [
        "login file://~",
        "stack select dev --create",
        f"config set gcp:project {PROJECT} --stack dev",
        f"config set gcp:region {REGION} --stack dev",
        WRITE,
        READ,
        f"config set --path data-api:audiences[0] {AUDIENCE} --stack dev",
    ] == dev.changes()
    assert {
        **OWN,
        "gcp:project": PROJECT,
        "gcp:region": REGION,
        "data-api:grants": {"data.write": [ACCOUNT], "data.read": [ACCOUNT]},
        "data-api:audiences": [AUDIENCE],
    } == dev.settings()
    assert f"ok       project: {PROJECT} in {REGION}" in result.stdout
    assert "problem  services: " in result.stdout  # Google still answers as before
    assert 1 == result.exit_code


def test_without_problems_the_next_commands_are_shown(enabled: Clone) -> None:
    result = enabled.run(*DEV, "--yes")
    assert (0, "") == (result.exit_code, result.stderr), result.output
    up, smoke = result.stdout.splitlines()[-2:]
    assert "    pulumi up --stack dev" == up
    assert smoke.endswith("data-api smoke --stack dev --wait 5m")


def test_the_services_that_are_off_are_enabled_before_the_deployment(dev: Clone) -> None:
    dev.enable("run", "pubsub")
    dev.run(*DEV, "--yes")
    (line,) = dev.asked_of_gcloud("services enable")
    assert line.endswith(f" --project={PROJECT}")
    assert {"firestore.googleapis.com", "serviceusage.googleapis.com"} <= set(line.split())
    assert set() == {"run.googleapis.com", "pubsub.googleapis.com"} & set(line.split())


def test_a_dry_run_prints_the_lines_and_runs_none_of_them(dev: Clone) -> None:
    result = dev.run(*DEV, "--grant", ACCOUNT, "--dry-run")
    lines = [line for line in result.stdout.splitlines() if not line.startswith("#")]
    assert [
        "export PULUMI_CONFIG_PASSPHRASE=",
        "pulumi login 'file://~'",
        "pulumi stack select dev --create",
        f"pulumi config set gcp:project {PROJECT} --stack dev",
        f"pulumi config set gcp:region {REGION} --stack dev",
        f"pulumi config set --path 'data-api:grants[\"data.write\"][0]' {ACCOUNT} --stack dev",
        f"pulumi config set --path 'data-api:grants[\"data.read\"][0]' {ACCOUNT} --stack dev",
        f"pulumi config set --path 'data-api:audiences[0]' {AUDIENCE} --stack dev",
    ] == lines[:-1]
    assert lines[-1].startswith("gcloud services enable ")
    assert (0, []) == (result.exit_code, dev.notes())
    assert [] == dev.asked_of_gcloud()
    assert OWN == dev.settings()


def test_a_second_run_changes_nothing(enabled: Clone) -> None:
    enabled.run(*DEV, "--yes")
    before = enabled.settings()
    enabled.forget()
    assert 0 == enabled.run("--stack", "dev").exit_code
    assert ["stack select dev --create"] == enabled.changes()
    assert before == enabled.settings()


def test_what_is_there_is_not_replaced_without_a_yes(dev: Clone) -> None:
    dev.configure(**{**OWN, "gcp:project": "other-project", "gcp:region": REGION, "data-api:grants": {"x": ["y"]}})
    dev.sign_in("gs://state")
    result = dev.run(*DEV, "--backend", "local")
    assert (2, []) == (result.exit_code, dev.notes())
    assert "would replace gs://state → file://~; other-project → my-project. Give --yes" in result.stderr
    shown = dev.run(*DEV, "--backend", "local", "--dry-run").stdout.splitlines()
    at = shown.index(f"pulumi config set gcp:project {PROJECT} --stack dev")
    assert "# other-project → my-project" == shown[at - 1]
    dev.run(*DEV, "--backend", "local", "--yes")
    assert PROJECT == dev.settings()["gcp:project"]


def test_a_grant_is_added_behind_those_that_are_there(dev: Clone) -> None:
    dev.configure(**{**OWN, "data-api:grants": {"data.read": ["domain:example.com"]}})
    dev.run(*DEV, "--grant", ACCOUNT, "--grant", "serviceAccount:job@p.iam.gserviceaccount.com")
    members = [ACCOUNT, "serviceAccount:job@p.iam.gserviceaccount.com"]
    expected = {"data.write": members, "data.read": ["domain:example.com", *members]}
    assert expected == dev.settings()["data-api:grants"]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [(("--region", REGION), "--project"), (("--project", PROJECT), "--region"), (PLACE, "--grant")],
)
def test_without_a_terminal_a_missing_value_is_an_error_that_names_the_option(
    dev: Clone, arguments: tuple[str, ...], option: str
) -> None:
    result = dev.run("--stack", "dev", *arguments)
    assert (2, True, []) == (result.exit_code, f"{option} is missing" in result.stderr, dev.notes())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--project", "No Project"),
        ("--region", "europe"),
        ("--grant", "ada@example.com"),
        ("--alert-email", "ada"),
        ("--backend", "somewhere"),
        ("--stack", "a-name-that-is-too-long"),
    ],
)
def test_what_pulumi_up_would_reject_is_rejected_before_anything_is_written(
    dev: Clone, option: str, value: str
) -> None:
    result = dev.run(*DEV, "--yes", option, value)
    assert (2, True, []) == (result.exit_code, f"Invalid value for {option}: '{value}'" in result.stderr, dev.notes())


@pytest.mark.parametrize("arguments", [(), ("--stack", "dev", "--pipeline")])
def test_a_stack_or_the_pipeline_is_configured_and_not_both(dev: Clone, arguments: tuple[str, ...]) -> None:
    assert 2 == dev.run(*arguments).exit_code


def test_a_protected_stack_does_not_accept_peoples_own_tokens_unless_that_is_wanted(dev: Clone) -> None:
    dev.configure(**{"data-api:protected": True})
    assert AUDIENCE not in dev.run(*DEV, "--yes", "--dry-run").stdout
    assert AUDIENCE in dev.run(*DEV, "--yes", "--dry-run", "--gcloud-audience").stdout


def test_a_protected_stack_gets_a_recipient_of_its_alerts(dev: Clone) -> None:
    dev.configure(**{"data-api:protected": True})
    dev.run(*DEV, "--yes")
    assert ["ada@example.com"] == dev.settings()["data-api:alertEmails"]
    dev.run(*DEV, "--yes", "--alert-email", "eve@example.com")
    assert ["ada@example.com", "eve@example.com"] == dev.settings()["data-api:alertEmails"]


@pytest.mark.parametrize(
    "recipient", [{"data-api:alertSlackChannel": "#alerts"}, {"data-api:alerts": False}, {"data-api:protected": False}]
)
def test_a_stack_that_has_a_recipient_or_needs_none_gets_no_other(dev: Clone, recipient: dict[str, object]) -> None:
    dev.configure(**{"data-api:protected": True, **recipient})
    assert "alertEmails" not in dev.run(*DEV, "--yes", "--dry-run").stdout


def test_a_person_who_deploys_api_keys_gets_the_settings_for_a_quota_project(dev: Clone) -> None:
    person = credentials.Credentials(google_server.TOKEN, client_id=AUDIENCE)  # type: ignore[no-untyped-call] # google-auth has no annotations
    dev.configure(**{**OWN, "data-api:quotaPerMinute": 100})
    dev.authorization = lambda _: Authorization(person)
    dev.run(*DEV, "--yes")
    settings = dev.settings()
    assert ("true", PROJECT) == (settings["gcp:userProjectOverride"], settings["gcp:billingProject"])


def test_nobody_signed_in_is_asked_for_a_member(dev: Clone) -> None:
    def nobody(_impersonated: str) -> Authorization:
        raise CliError("There is no Google credential on this machine.")

    dev.authorization = nobody
    put_program(dev.folder, "gcloud", "#!/bin/sh\n")
    result = dev.run(*DEV, "--yes")
    assert (2, True) == (result.exit_code, "gcloud is not signed in" in result.stderr)


def test_a_command_that_fails_ends_it_with_the_reason(dev: Clone) -> None:
    result = dev.run("--stack", "taken", *PLACE, "--yes")
    assert (1, True) == (result.exit_code, "failed: the stack is locked" in result.stderr)
    assert "stack select taken --create" == dev.changes()[-1]


def test_a_file_that_controls_the_terminal_is_shown_without_that(dev: Clone) -> None:
    dev.configure(**{**OWN, "gcp:project": "\x1b]0;owned\x07"})
    shown = dev.run(*DEV, "--yes", "--dry-run").stdout
    assert r"# \x1b]0;owned\x07 → my-project" in shown
    assert "\x1b" not in shown
