import json
from collections.abc import Callable

import pulumi
import pytest
import yaml

from dataapi.auth import authorization
from deployment.config_error import ConfigError
from deployment.configuration import Configuration, read
from deployment.configuration.access import ROLES
from deployment.configuration.scale import GATEWAY_DEADLINE
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION
from tests.support.infra.stack_settings import OPERATOR, ROOT, stack_configuration, stack_file

Read = Callable[..., Configuration]
NAME_INPUTS = {"name", "accountId", "roleId", "apiId", "gatewayId", "repositoryId", "serviceId", "displayName"}
DECLARED = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]


@pytest.fixture
def reading() -> Read:
    """Reads the settings of dev with some changes; None removes a setting."""

    def reading(changes: dict[str, str | None] | None = None, stack: str = "dev") -> Configuration:
        said = {**stack_configuration("dev"), **OPERATOR, **(changes or {})}
        pulumi.runtime.set_all_config({key: value for key, value in said.items() if value is not None})
        return read(stack, pulumi.Config("data-api"), pulumi.Config("gcp"), 4)

    return reading


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        (
            "data-api:namePrefix",
            "acme-data",
            "is 'acme-data', but must have at most 8 .* set data-api:namePrefix data-api",
        ),
        ("gcp:project", None, "The project is not set: pulumi config set gcp:project PROJECT_ID"),
        ("gcp:project", "", "The project is not set: pulumi config set gcp:project PROJECT_ID"),
        ("gcp:region", None, "The region is not set: pulumi config set gcp:region REGION, with one of asia-"),
        (
            "gcp:region",
            "europe-west4",
            "API Gateway is not available in europe-west4: pulumi config set gcp:region REGION",
        ),
        (
            "data-api:database",
            "Prod",
            "is 'Prod', but must be 4 to 63 .*: pulumi config set data-api:database data-api-dev",
        ),
        ("data-api:memory", "256", "is 256, but must be from 512 to 32768: pulumi config set data-api:memory 512"),
        ("data-api:cpu", "3", "is 3, but must be one of 1, 2, 4, 6, 8: pulumi config set data-api:cpu 1"),
        ("data-api:concurrency", "0", "is 0, but must be from 1 to 1000: pulumi config set data-api:concurrency 1"),
        ("data-api:minInstances", "-1", "is -1, but must be from 0 to 1000: pulumi config set data-api:minInstances 0"),
        ("data-api:minInstances", "3", "maxInstances is 2, but must be from 3 .* set data-api:maxInstances 3"),
        ("data-api:maxInstances", "0", "is 0, but must be from 1 to 1000: pulumi config set data-api:maxInstances 1"),
        ("data-api:timeoutSeconds", "44", "is 44, but must be from 45 to 600: pulumi config set data-api:timeoutSec"),
        ("data-api:timeoutSeconds", "601", "is 601, but must be from 45 to 600: pulumi config set data-api:timeout"),
        ("data-api:roleClaim", " ", "is empty: pulumi config set data-api:roleClaim Role"),
        (
            "data-api:audiences",
            '"a"',
            r'is not a list: set it in Pulumi\.\w+\.yaml, under config: data-api:audiences: \["\w.*"\]',
        ),
        (
            "data-api:audiences",
            '["a", "a b"]',
            r"contains 'a b', which is not a client ID: pulumi config set --path 'data-api:audiences\[1\]' 1",
        ),
        (
            "data-api:corsOrigins",
            '["https://a.example/"]',
            "which is not an origin: .* set --path 'data-api:corsOrigins",
        ),
        (
            "data-api:webClientId",
            "mine",
            "is 'mine', which is not the ID of an OAuth client: pulumi config set data-api:",
        ),
        (
            "data-api:webIdentityPlatformKey",
            "a key",
            "is 'a key', which is not an API key: pulumi config set data-api:",
        ),
        (
            "data-api:webIdentityPlatformKey",
            "A" * 39,
            "needs data-api:webClientId, .*: pulumi config set data-api:webC",
        ),
        (
            "data-api:webApiKey",
            "a key",
            "is 'a key', which is not an API key: pulumi config set data-api:webApiKey AIza",
        ),
        ("data-api:webDomain", "https://data.example.com", "which is not a domain in lower case: .* data.example.com"),
        ("data-api:webDomain", "localhost", "is 'localhost', which is not a domain in lower case"),
        ("data-api:webDomain", "a.-b.com", "is 'a.-b.com', which is not a domain in lower case"),
        ("data-api:webDomain", "example.com.", "is 'example.com.', which is not a domain in lower case"),
        ("data-api:webDomain", "a." * 130 + "com", "has more than 253 characters"),
        ("data-api:corsOrigins", '["*"]', "contains '\\*', which is not an origin: .* https://app.example.com"),
        ("data-api:corsOrigins", "[1]", "contains 1, which is not an origin"),
        (
            "data-api:retentionDays",
            "-1",
            "is -1, but must be from 0 to 24855: pulumi config set data-api:retentionDays 0",
        ),
        ("data-api:retentionDays", "24856", "is 24856, but must be from 0 to 24855: pulumi config set data-api:reten"),
        ("data-api:quotaPerMinute", "-1", "is -1, but must be from 0 to 1000000: pulumi config set data-api:quotaPer"),
        (
            "data-api:issuers",
            "[]",
            r"no token would be accepted: pulumi config set --path 'data-api:issuers\[0\]' google",
        ),
        ("data-api:issuers", '["a b"]', "'a b', which is not the name of a security scheme in openapi.yaml: pulumi"),
        ("data-api:identityPlatformProject", "Mine!", "is 'Mine!', which is not a project ID: pulumi config set data-"),
        (
            "data-api:subnetRange",
            "10.0.0.1/24",
            "is '10.0.0.1/24', which is not an IPv4 range in CIDR notation: pulumi",
        ),
        ("data-api:subnetRange", "8.8.8.0/24", "is 8.8.8.0/24, but must be private and /26 or larger: pulumi config"),
        ("data-api:subnetRange", "10.8.0.0/27", "is 10.8.0.0/27, but must be private and /26 or larger: pulumi conf"),
        (
            "data-api:grants",
            "[]",
            r'must be an object of role to list of members: set it in Pulumi.* data-api:grants: \{"',
        ),
        (
            "data-api:grants",
            '{"admin": []}',
            "has the unknown role 'admin' \\(valid roles: data.read, data.write\\): set it",
        ),
        ("data-api:grants", '{"data.read": "user:a@b.c"}', "must have a list of members for data.read: set it in"),
        (
            "data-api:grants",
            '{"data.read": ["a@b.c"]}',
            r"contains 'a@b.c'.* set --path .*grants\[\"data\.read\"\]\[0\]' user:a",
        ),
        ("data-api:grants", '{"data.read": ["allUsers"]}', "contains 'allUsers', which is not a valid IAM member"),
    ],
)
def test_an_invalid_setting_is_rejected_with_the_command_that_fixes_it(
    reading: Read, key: str, value: str, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        reading({key: value})


def test_a_subnet_too_small_for_all_instances_is_rejected_with_one_that_is_large_enough(reading: Read) -> None:
    crowded = {"data-api:privateNetwork": "true", "data-api:subnetRange": "10.8.0.0/26", "data-api:maxInstances": "8"}
    sentence = "60 usable addresses, but 8 instances of each .* up to 64: pulumi config set .* 10.8.0.0/25"
    with pytest.raises(ConfigError, match=sentence):
        reading(crowded)
    assert reading({**crowded, "data-api:maxInstances": "7"}).network is not None
    assert reading({**crowded, "data-api:subnetRange": "10.8.0.0/25"}).network is not None
    assert reading({**crowded, "data-api:privateNetwork": "false"}).network is None


def test_a_page_without_an_api_key_is_rejected_where_every_call_needs_one(reading: Read) -> None:
    without = {"data-api:quotaPerMinute": "60", "data-api:webClientId": "1-a.apps.googleusercontent.com"}
    with pytest.raises(ConfigError, match="the web page has none: pulumi config set data-api:webApiKey"):
        reading(without)
    assert "A" * 39 == reading({**without, "data-api:webApiKey": "A" * 39}).page.api_key
    assert not reading({**without, "data-api:quotaPerMinute": "0"}).page.api_key
    assert not reading({**without, "data-api:webClientId": ""}).page.api_key


@pytest.mark.parametrize("key", DECLARED)
def test_a_declared_setting_is_read_and_its_absence_is_reported_in_one_sentence(reading: Read, key: str) -> None:
    with pytest.raises(pulumi.RunError, match=f"pulumi config set data-api:{key}"):
        reading({f"data-api:{key}": None})


@pytest.mark.parametrize("key", [key for key, setting in DECLARED.items() if setting["type"] in ("integer", "boolean")])
def test_a_setting_of_another_type_is_rejected_without_a_traceback(reading: Read, key: str) -> None:
    with pytest.raises(pulumi.RunError, match=f"data-api:{key}.*'much' is not a valid"):
        reading({f"data-api:{key}": "much"})


@pytest.mark.parametrize("key", [key for key, setting in DECLARED.items() if setting["type"] in ("array", "object")])
def test_a_setting_that_is_not_json_is_rejected_without_a_traceback(reading: Read, key: str) -> None:
    with pytest.raises(pulumi.RunError, match=f"data-api:{key}"):
        reading({f"data-api:{key}": "{"})


@pytest.mark.parametrize("stack", ["Dev", "1st", "dev-", "a_stack", "ten-longer", ""])
def test_a_stack_name_that_cannot_be_a_prefix_of_resource_names_is_rejected(reading: Read, stack: str) -> None:
    with pytest.raises(ConfigError, match="at most 9 lower-case letters, digits and dashes"):
        reading(stack=stack)


@pytest.mark.parametrize("stack", ["dev", "d", "nine-long"])
def test_the_prefix_of_resource_names_has_the_stack_name(reading: Read, stack: str) -> None:
    environment = reading(stack=stack).environment
    assert f"data-api-{stack}" == environment.prefix
    assert len(f"{environment.prefix}-dead-letter") <= 30  # a service account's id


def test_the_names_of_all_resources_begin_with_the_configured_prefix() -> None:
    deployment = run_program("prod", {**OPERATOR, "data-api:namePrefix": "acme"})
    names = [
        str(resource.inputs[key]) for resource in deployment.resources for key in NAME_INPUTS & resource.inputs.keys()
    ]
    assert [] == [name for name in names if "data-api" in name or "data_api" in name]
    assert {"acme-prod", "acme-prod-persist", "acme-prod-records", "acme_prod_read_records"} <= {*names}


def test_a_configuration_error_is_shown_without_a_traceback() -> None:
    assert issubclass(ConfigError, pulumi.RunError)  # of which Pulumi shows the sentence alone


def test_every_setting_has_a_type_a_reason_and_a_default_of_that_type() -> None:
    types = {"boolean": bool, "integer": int, "string": str, "array": list, "object": dict}
    for setting in DECLARED.values():
        assert isinstance(setting["default"], types[setting["type"]])
        assert setting["description"].endswith(".") or setting["description"].endswith("}.")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_stack_file_has_only_declared_settings(stack: str) -> None:
    assert stack_file(stack).keys() <= {f"data-api:{key}" for key in DECLARED}


def test_a_stack_is_protected_by_default(reading: Read) -> None:
    said_nothing = {f"data-api:{key}": str(DECLARED[key]["default"]).lower() for key in ("protected", "recoverable")}
    configuration = reading(said_nothing)
    assert configuration.protected
    assert configuration.recoverable


def test_roles_are_those_that_the_functions_check() -> None:
    assert {authorization.READ, authorization.WRITE} == {*ROLES}


def test_the_timeout_of_a_function_is_not_shorter_than_the_deadline_of_the_gateway() -> None:
    contract = yaml.safe_load((ROOT / "openapi.yaml").read_text())
    deadlines = [backend["deadline"] for backend in contract["x-google-api-management"]["backends"].values()]
    assert max(deadlines) <= GATEWAY_DEADLINE


def test_the_limits_of_a_role_reach_the_functions_that_users_call(prod: RecordedDeployment) -> None:
    expected = {"data.read": {"burst": 200, "rate": 20}, "data.write": {"burst": 1000, "rate": 50}}
    for name in ("generate", "present"):
        environment = prod.one(FUNCTION, name).inputs["serviceConfig"]["environmentVariables"]
        assert expected == json.loads(environment["LIMITS"])


@pytest.mark.parametrize(
    "limits",
    [
        "[]",
        '{"data.delete": {"rate": 1, "burst": 1}}',
        '{"data.read": 5}',
        '{"data.read": {"rate": 5}}',
        '{"data.read": {"rate": 0, "burst": 1}}',
        '{"data.read": {"rate": true, "burst": 1}}',
        '{"data.read": {"rate": 1, "burst": 1.5}}',
    ],
)
def test_invalid_limits_are_rejected_with_an_example(limits: str) -> None:
    with pytest.raises(ConfigError, match=r"set it in Pulumi\.dev\.yaml, under config: data-api:limits: \{"):
        run_program("dev", {**OPERATOR, "data-api:limits": limits})
