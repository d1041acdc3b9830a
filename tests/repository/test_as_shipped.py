"""The tests use the stacks as shipped, so that the settings of an operator do not make them fail."""

import re

import pytest
import yaml

from tests.support.infra.stack_settings import OPERATORS_OWN, ROOT, as_shipped

OPERATED = {
    "gcp:project": "another-project",
    "gcp:region": "us-central1",
    "data-api:grants": {"data.read": ["user:ada@example.com"]},
    "data-api:alertWebhook": {"secure": "v1:AAAA:BBBB"},
}


def test_settings_that_an_operator_adds_are_left_out() -> None:
    assert {"data-api:protected": True} == as_shipped({"data-api:protected": True, **OPERATED})


def test_settings_that_decide_the_resources_are_kept() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    said = {f"data-api:{key}": setting["default"] for key, setting in declared.items()}
    assert OPERATORS_OWN == said.keys() - as_shipped(said).keys()


@pytest.mark.parametrize("page", ["deploy.md", "operations.md", "restore.md"])
def test_the_documents_set_only_settings_of_the_operator(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    results = {*re.findall(r"pulumi config set (?:--path |--secret )*'?((?:data-api|gcp):\w+)", text)}
    taking_down = {"data-api:protected"}  # before a stack is destroyed
    assert set() == {key for key in results if not key.startswith("gcp:")} - OPERATORS_OWN - taking_down
