"""The settings of the monitoring, and that its secrets stay secret."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import rpc

from deployment.config_error import ConfigError
from deployment.configuration.monitoring import Monitoring, read_monitoring
from tests.support.infra.pulumi_program import event_loops, run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import OPERATOR, ROOT, stack_configuration

Read = Callable[..., Monitoring]
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
BUDGET = "gcp:billing/budget:Budget"
SERVICE = "gcp:projects/service:Service"
SECRETS = {
    "data-api:alertSlackToken": "xoxb-a-token",
    "data-api:alertPagerDutyKey": "an-integration-key",
    "data-api:alertWebhook": "https://example.com/alerts?auth_token=a-word",
}
EVERYBODY = {
    "data-api:alertEmails": '["ada@example.com", "eve@example.com"]',
    "data-api:alertSlackChannel": "#alerts",
    **SECRETS,
}
COSTS = {"data-api:budget": "50", "data-api:billingAccount": "000000-111111-222222"}


@pytest.fixture
def reading() -> Iterator[Read]:
    """Reads the settings of prod with some changes; those in SECRETS are encrypted, or plain text."""

    def reading(said: dict[str, str], *, encrypted: bool = True) -> Monitoring:
        secrets = [*SECRETS] if encrypted else []
        pulumi.runtime.set_all_config({**stack_configuration("prod"), **OPERATOR, **said}, secrets)
        return read_monitoring(pulumi.Config("data-api"))

    with event_loops():  # secrets are futures
        yield reading


@pytest.fixture(scope="module")
def monitored() -> RecordedDeployment:
    """A stack with every kind of channel, and a budget."""
    return run_program("prod", {**OPERATOR, **EVERYBODY, **COSTS}, secrets=[*SECRETS])


def in_plain(node: Any) -> Any:  # noqa: ANN401  inputs
    """The inputs without the values that are marked as secrets."""
    if isinstance(node, dict):
        if node.get(rpc._special_sig_key) == rpc._special_secret_sig:  # noqa: SLF001  pulumi has no public name for it
            return "secret"
        return {key: in_plain(value) for key, value in node.items()}
    return [in_plain(child) for child in node] if isinstance(node, list) else node


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"objectives": "[]"}, "must have exactly accepting, storing, reading: set it in .* data-api:objectives: {"),
        ({"objectives": '{"accepting": 99}'}, "must have exactly accepting, storing, reading"),
        (
            {"objectives": '{"accepting": 94.9, "storing": 99, "reading": 99}'},
            r"has 94\.9 for accepting, but must have 95\.0 to 99\.99: set it in .* data-api:objectives: {",
        ),
        ({"objectives": '{"accepting": 99, "storing": 100, "reading": 99}'}, "has 100 for storing, but must have"),
        ({"objectives": '{"accepting": 99, "storing": 99, "reading": "99"}'}, "must have a number for reading"),
        ({"objectives": '{"accepting": true, "storing": 99, "reading": 99}'}, "must have a number for accepting"),
        ({"alertEmails": '"ada@example.com"'}, 'alertEmails is not a list: set it in .* data-api:alertEmails: ."ada@'),
        (
            {"alertEmails": '["ada"]'},
            "contains 'ada', which is not an e-mail address: pulumi config set --path 'data-api:alertEmails",
        ),
        ({"alertSlackChannel": "#alerts"}, "alertSlackToken is empty, .* pulumi config set .*SlackToken --secret"),
        ({"alertSlackToken": "t"}, "alertSlackChannel is empty, .* pulumi config set data-api:alertSlackChannel"),
        ({"runbooks": "docs/operations.md"}, "is 'docs/operations.md', which is not a URL without #fragment: pulumi"),
        ({"runbooks": "https://a.example/b#c"}, "which is not a URL without #fragment"),
        ({"budget": "-1"}, r"is -1, but must be 0 \(no budget\) or more: pulumi config set data-api:budget 0"),
        ({"budget": "50"}, r"billingAccount is empty, .* pulumi config set data-api:billingAccount BILLING_ACCOUNT_ID"),
    ],
)
def test_an_invalid_setting_is_rejected_with_the_command_that_fixes_it(
    reading: Read, said: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        reading({f"data-api:{key}": value for key, value in said.items()})


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_in_plain_text_is_rejected_without_being_shown(reading: Read, key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is not encrypted: pulumi config set {key} --secret$") as refusal:
        reading({key: "hush"}, encrypted=False)
    assert "hush" not in str(refusal.value)


NOBODY = {"data-api:alertEmails": "[]"}


def test_a_protected_stack_with_alerts_needs_a_recipient(reading: Read) -> None:
    sentence = (
        r"alertEmails is empty, so nobody .* pulumi config set --path 'data-api:alertEmails\[0\]' you@example.com$"
    )
    with pytest.raises(ConfigError, match=sentence):
        reading(NOBODY)
    assert not reading({**NOBODY, "data-api:alerts": "false"}).recipients
    assert not reading({**NOBODY, "data-api:protected": "false"}).recipients
    assert reading({**NOBODY, "data-api:alertPagerDutyKey": "key"}).recipients


def test_a_stack_has_no_budget_by_default(reading: Read) -> None:
    assert reading({}).budget is None


def test_a_stack_without_alerts_and_budget_has_no_channels() -> None:
    quiet = run_program("prod", {**OPERATOR, "data-api:alerts": "false"})
    assert [] == quiet.all(CHANNEL)


def test_no_setting_is_declared_as_secret() -> None:
    """Pulumi rejects the default of such a setting, because it is not encrypted."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert {key.removeprefix("data-api:") for key in SECRETS} <= declared.keys()
    assert [] == [key for key, setting in declared.items() if "secret" in setting]


def test_each_recipient_has_a_channel_of_its_type(monitored: RecordedDeployment) -> None:
    kinds = {resource.name: resource.inputs["type"] for resource in monitored.all(CHANNEL)}
    assert {
        "e-mail-ada@example.com": "email",
        "e-mail-eve@example.com": "email",
        "slack": "slack",
        "pager-duty": "pagerduty",
        "webhook": "webhook_tokenauth",
    } == kinds
    assert {"email_address": "ada@example.com"} == monitored.one(CHANNEL, "e-mail-ada@example.com").inputs["labels"]
    assert {"channel_name": "#alerts"} == monitored.one(CHANNEL, "slack").inputs["labels"]


def test_every_alert_notifies_every_channel(monitored: RecordedDeployment) -> None:
    names = {f"projects/a-project/channels/of-{resource.name}" for resource in monitored.all(CHANNEL)}
    policies = monitored.all("gcp:monitoring/alertPolicy:AlertPolicy")
    assert len(policies) >= 15
    assert all(names == {*policy.inputs["notificationChannels"]} for policy in policies)


def test_no_secret_is_in_plain_inputs_or_in_outputs(monitored: RecordedDeployment) -> None:
    inputs = [resource.inputs for resource in monitored.resources]
    everything = json.dumps(inputs, default=str)
    plain = json.dumps([in_plain(input_) for input_ in inputs], default=str)
    for secret in SECRETS.values():
        assert secret in everything
        assert secret not in plain
        assert secret not in json.dumps(monitored.outputs)


def test_secrets_reach_the_channels_that_need_them(monitored: RecordedDeployment) -> None:
    results = {
        "slack": monitored.one(CHANNEL, "slack").inputs["sensitiveLabels"]["value"],
        "pager-duty": monitored.one(CHANNEL, "pager-duty").inputs["sensitiveLabels"]["value"],
        "webhook": monitored.one(CHANNEL, "webhook").inputs["labels"]["value"],
    }
    assert {
        "slack": {"authToken": "xoxb-a-token"},
        "pager-duty": {"serviceKey": "an-integration-key"},
        "webhook": {"url": "https://example.com/alerts?auth_token=a-word"},
    } == results


def test_without_a_budget_there_is_none(dev_or_prod: RecordedDeployment) -> None:
    assert [] == dev_or_prod.all(BUDGET)
    assert "billingbudgets" not in {resource.name for resource in dev_or_prod.all(SERVICE)}


def test_a_budget_is_of_the_project_and_notifies_at_50_90_and_100_percent(
    monitored: RecordedDeployment,
) -> None:
    budget = monitored.one(BUDGET, "month")
    assert "000000-111111-222222" == budget.inputs["billingAccount"]
    assert {"specifiedAmount": {"units": "50"}} == budget.inputs["amount"]
    assert {"projects": ["projects/1234"]} == budget.inputs["budgetFilter"]
    rules = [
        (threshold_rule["thresholdPercent"], threshold_rule.get("spendBasis"))
        for threshold_rule in budget.inputs["thresholdRules"]
    ]
    assert [(0.5, None), (0.9, None), (1, None), (1, "FORECASTED_SPEND")] == rules
    assert monitored.one(SERVICE, "billingbudgets").urn in budget.waits_for


def test_a_budget_notifies_at_most_the_first_five_email_addresses() -> None:
    six = json.dumps([f"{number}@example.com" for number in range(6)])
    result = run_program("dev", {**OPERATOR, **COSTS, "data-api:alertEmails": six}).one(BUDGET, "month").inputs
    assert [f"e-mail-{number}@example.com-id" for number in range(5)] == result["allUpdatesRule"][
        "monitoringNotificationChannels"
    ]


def test_a_budget_without_email_addresses_notifies_the_administrators_of_the_account() -> None:
    assert "allUpdatesRule" not in run_program("dev", {**OPERATOR, **COSTS, **NOBODY}).one(BUDGET, "month").inputs


@pytest.mark.parametrize(("emails", "times"), [("[]", 1), ('["ada@example.com"]', 0)])
def test_alerts_without_recipients_are_reported(emails: str, times: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    run_program("dev", {**OPERATOR, "data-api:alerts": "true", "data-api:alertEmails": emails})
    assert times == caplog.text.count("nobody is notified: pulumi config set --path 'data-api:alertEmails[0]'")
