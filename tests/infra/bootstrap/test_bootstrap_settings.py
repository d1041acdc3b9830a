"""The settings of the bootstrap program, and which jobs of GitHub get a token."""

from collections.abc import Callable
from types import SimpleNamespace

import pulumi
import pytest
import yaml

import settings
from deployment.config_error import ConfigError
from deployment.configuration.environment import read_environment
from federation import token_condition
from tests.support.infra.stack_settings import OWNER, ROOT, defaults

DECLARED = ROOT / "infra" / "bootstrap" / "Pulumi.yaml"
SOMEBODY = {"repository_owner_id": "56", "repository_id": "1234", "ref": "refs/heads/main", "environment": "prod"}
NEITHER = {f"data-api-bootstrap:{key}": "[]" for key in ("drilled", "networks", "pullRequests")}
Read = Callable[[dict[str, str | None]], settings.Settings]


@pytest.fixture
def reading() -> Read:
    """Reads the settings with some changes; None removes a setting."""

    def reading(changes: dict[str, str | None]) -> settings.Settings:
        said = {**defaults(DECLARED), **OWNER, **changes}
        pulumi.runtime.set_all_config({key: value for key, value in said.items() if value is not None})
        return settings.read(pulumi.Config("data-api-bootstrap"), pulumi.Config("gcp"))

    return reading


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("gcp:project", None, "The project is not set: pulumi config set gcp:project PROJECT_ID"),
        ("gcp:region", None, "The region is not set: pulumi config set gcp:region europe-west1"),
        ("gcp:region", "Europe", "'Europe' is not a region: pulumi config set gcp:region europe-west1"),
        ("repositoryId", None, "pulumi config set data-api-bootstrap:repositoryId"),
        (
            "repositoryId",
            "0",
            "repositoryId is 0, but IDs in GitHub are above 0: pulumi config set data-api-bootstrap",
        ),
        ("ownerId", "somebody", "ownerId.*'somebody' is not a valid"),
        (
            "namePrefix",
            "Acme",
            "is 'Acme', but must have at most 8 .*: pulumi config set data-api-bootstrap:namePrefix data",
        ),
        ("stacks", '"dev"', r"stacks is not a list: pulumi config set --path 'data-api-bootstrap:stacks\[0\]' dev$"),
        ("stacks", "[]", r"stacks is empty: pulumi config set --path 'data-api-bootstrap:stacks\[0\]' dev$"),
        (
            "stacks",
            '["dev", "dev"]',
            r"stacks contains dev twice: pulumi config rm --path 'data-api-bootstrap:stacks\[1\]'$",
        ),
        ("stacks", '["Dev"]', "contains 'Dev', which is not a valid stack name"),
        ("stacks", '["bootstrap"]', "contains 'bootstrap', which is not a valid stack name"),
        (
            "stacks",
            '["dev", "dev-preview"]',
            r"contains 'dev-preview', which is not a valid stack name .*stacks\[1\]' dev$",
        ),
        ("stacks", '["prod", "prod-drill"]', "contains 'prod-drill', which is not a valid stack name"),
        ("drilled", '["staging"]', "drilled contains 'staging', which is not one of the stacks"),
        ("logRetentionDays", "0", "is 0, but must be from 1 to 3650: pulumi config set .*logRetentionDays 30"),
        ("networks", '["staging"]', "networks contains 'staging', which is not one of the stacks"),
        ("pullRequests", '["staging"]', "pullRequests contains 'staging', which is not one of the stacks"),
        ("branch", '" || true || "', "which is not a branch name: pulumi config set data-api-bootstrap:branch main"),
        ("furtherRoles", '["owner"]', "contains 'owner', which is not a role that a deployer may have"),
        ("furtherRoles", '["roles/owner"]', "contains 'roles/owner', which is not a role that a deployer may have"),
    ],
)
def test_an_invalid_setting_is_rejected_with_the_command_that_fixes_it(
    reading: Read, key: str, value: str, sentence: str
) -> None:
    with pytest.raises(pulumi.RunError, match=sentence):
        reading({key if ":" in key else f"data-api-bootstrap:{key}": value})


@pytest.mark.parametrize("name", ["dev", "d", "nine-long", "Dev", "1st", "dev-", "a_stack", "ten-longer", ""])
def test_the_bootstrap_program_accepts_the_same_stack_names_as_a_deployment(reading: Read, name: str) -> None:
    pulumi.runtime.set_all_config({**OWNER, "data-api:namePrefix": "data-api", "data-api:prepared": "false"})
    try:
        read_environment(name, pulumi.Config("data-api"), pulumi.Config("gcp"))
    except ConfigError:
        with pytest.raises(pulumi.RunError):
            reading({"data-api-bootstrap:stacks": f'["{name}"]', **NEITHER})
    else:
        result = reading({"data-api-bootstrap:stacks": f'["{name}"]', **NEITHER})
        assert (name,) == result.stacks


def test_every_setting_has_a_type_and_a_reason() -> None:
    for setting in yaml.safe_load(DECLARED.read_text())["config"].values():
        assert {"type", "description"} <= setting.keys()


def is_believed(settings_: settings.Settings, differs: dict[str, str]) -> bool:
    """Evaluates the condition as Python: the operators that it uses mean the same as in CEL."""
    condition = token_condition(settings_).replace("&&", "and").replace("||", "or")
    return bool(eval(condition, {"assertion": SimpleNamespace(**SOMEBODY | differs)}))  # noqa: S307  our own text


@pytest.mark.parametrize(
    "differs",
    [
        {},
        {"environment": "dev"},
        {"environment": "prod-drill"},
        {"environment": "prod-preview"},
        {"environment": "dev-preview", "ref": "refs/pull/1/merge"},
    ],
)
def test_a_job_of_the_repository_in_its_environments_gets_a_token(reading: Read, differs: dict[str, str]) -> None:
    assert is_believed(reading({}), differs)


@pytest.mark.parametrize(
    "differs",
    [
        {"environment": "prod", "ref": "refs/pull/1/merge"},
        {"environment": "dev", "ref": "refs/heads/another"},
        {"environment": "prod-preview", "ref": "refs/pull/1/merge"},
        {"environment": "prod-preview", "ref": "refs/heads/another"},
        {"environment": "prod-drill", "ref": "refs/heads/another"},
        {"environment": "dev-drill"},
        {"environment": "staging"},
        {"environment": ""},
        {"repository_id": "12345"},
        {"repository_owner_id": "5"},
        {"repository_id": "999", "environment": "dev-preview"},
    ],
)
def test_no_other_job_gets_a_token(reading: Read, differs: dict[str, str]) -> None:
    assert not is_believed(reading({}), differs)


def test_without_previews_of_pull_requests_no_other_branch_gets_a_token(reading: Read) -> None:
    closed = reading({"data-api-bootstrap:pullRequests": "[]"})
    assert is_believed(closed, {"environment": "dev-preview"})
    assert not is_believed(closed, {"environment": "dev-preview", "ref": "refs/pull/1/merge"})
