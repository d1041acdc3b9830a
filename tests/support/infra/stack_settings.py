"""The settings of a stack as Pulumi composes them: the defaults of Pulumi.yaml, and Pulumi.<stack>.yaml over them."""

import json
from pathlib import Path

import yaml

from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.recorded_deployment import Json

ROOT = Path(__file__).parents[3]
OPERATOR = {"gcp:project": PROJECT, "gcp:region": "europe-west1"}  # the settings without a default
DOMAIN = {**OPERATOR, "data-api:webDomain": "data.example.com"}
FULL = {  # every option that is off by default
    **OPERATOR,
    "data-api:customerManagedKeys": "true",
    "data-api:databaseKey": "true",
    "data-api:quotaPerMinute": "600",
    "data-api:retentionDays": "30",
    "data-api:tracePercent": "10",
    "data-api:webDomain": "data.example.com",
}
# Settings that only the operator of a stack can know. All others decide which resources a stack has.
OPERATORS_OWN = {
    f"data-api:{key}"
    for key in (
        *("webClientId", "webIdentityPlatformKey", "webApiKey", "webDomain"),
        *("audiences", "corsOrigins", "grants", "identityPlatformProject", "tester"),
        *("alertEmails", "alertPagerDutyKey", "alertSlackChannel", "alertSlackToken", "alertWebhook", "runbooks"),
        *("billingAccount", "budget", "database", "prepared"),
    )
}
OWNER = {  # of the bootstrap program
    **OPERATOR,
    "data-api-bootstrap:repositoryId": "1234",
    "data-api-bootstrap:ownerId": "56",
}


def stack_configuration(stack: str) -> dict[str, str]:
    """The settings of Pulumi.yaml and of the stack's file, as the texts that programs get."""
    settings = {key: _text(value) for key, value in stack_file(stack).items()}
    return {**defaults(ROOT / "Pulumi.yaml"), **settings}


def defaults(project: Path) -> dict[str, str]:
    """The defaults in a Pulumi.yaml, as the texts that programs get."""
    declared = yaml.safe_load(project.read_text())
    return {
        f"{declared['name']}:{key}": _text(setting["default"])
        for key, setting in declared["config"].items()
        if "default" in setting
    }


def stack_file(stack: str) -> Json:
    """The settings of the stack's file, without those of its operator."""
    return as_shipped(yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"])


def as_shipped(settings: Json) -> Json:
    """Without the settings that operators add and commit: the tests must pass in their repositories too."""
    return {key: value for key, value in settings.items() if not key.startswith("gcp:") and key not in OPERATORS_OWN}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
