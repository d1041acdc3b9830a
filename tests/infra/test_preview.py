"""Previews of the programs with the real engine of Pulumi and the real provider, without a cloud."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.infra import invariants, pulumi_preview
from tests.support.infra.invariants import RULES, Rule
from tests.support.infra.inventory import FOLDER, inventory
from tests.support.infra.stack_settings import DOMAIN, FULL, OPERATOR, OWNER

PREVIEWS: dict[str, Callable[[Path], pulumi_preview.Preview]] = {
    "dev": lambda folder: pulumi_preview.preview(pulumi_preview.copied(folder), "dev", OPERATOR),
    "domain": lambda folder: pulumi_preview.preview(pulumi_preview.copied(folder), "prod", DOMAIN),
    "prod": lambda folder: pulumi_preview.preview(pulumi_preview.copied(folder), "prod", OPERATOR),
    "full": lambda folder: pulumi_preview.preview(
        pulumi_preview.copied(folder), "prod", FULL
    ),  # prod with every option that it leaves off
    "bootstrap": lambda folder: pulumi_preview.preview(
        pulumi_preview.copied(folder), "project", OWNER, program="infra/bootstrap"
    ),
}
STACKS = ["dev", "prod", "full"]


@pytest.fixture(scope="module", autouse=True)
def require_pulumi() -> None:
    """One skipped line for all tests of this file."""
    if not pulumi_preview.is_installed():
        pytest.skip(pulumi_preview.MISSING)


@pytest.fixture(scope="module")
def previews(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], pulumi_preview.Preview]:
    """The previews by name, each created at its first use."""
    made_previews: dict[str, pulumi_preview.Preview] = {}

    def previewed(name: str) -> pulumi_preview.Preview:
        if name not in made_previews:
            made_previews[name] = PREVIEWS[name](tmp_path_factory.mktemp(name))
        return made_previews[name]

    return previewed


Previews = Callable[[str], pulumi_preview.Preview]


@pytest.mark.parametrize("name", PREVIEWS)
def test_the_provider_reports_no_error_and_no_warning(previews: Previews, name: str) -> None:
    assert [] == previews(name).complaints


@pytest.mark.parametrize("name", ["dev", "prod", "domain", "bootstrap"])
def test_a_preview_has_the_reviewed_resources(previews: Previews, name: str) -> None:
    assert (FOLDER / f"{name}.txt").read_text().splitlines() == inventory(previews(name).resources).splitlines()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", STACKS)
def test_the_resources_of_a_preview_keep_the_rules(previews: Previews, name: str, rule: Rule) -> None:
    assert [] == rule(previews(name).resources)


@pytest.mark.parametrize("name", ["prod", "full"])
def test_everything_that_holds_data_is_protected(previews: Previews, name: str) -> None:
    assert [] == invariants.everything_that_holds_data_is_protected(previews(name).resources)


def test_only_a_stack_with_a_domain_has_a_load_balancer(previews: Previews) -> None:
    def balancers(name: str) -> set[str]:
        types = {resource.type for resource in previews(name).resources}
        return {type_ for type_ in types if "Forwarding" in type_ or type_.startswith("gcp:certificatemanager")}

    assert set() == balancers("dev") | balancers("prod")
    assert 5 == len(balancers("domain"))


def test_the_bootstrap_program_keeps_the_rules_of_grants_and_buckets(previews: Previews) -> None:
    resources = previews("bootstrap").resources
    assert [] == invariants.no_grant_to_the_public_or_a_domain(resources)
    assert [] == invariants.no_grant_replaces_other_grants(resources)
    assert [] == invariants.no_bucket_can_be_made_public(resources)


def test_an_error_that_only_the_provider_finds_is_reported(tmp_path: Path) -> None:
    sources = pulumi_preview.copied(tmp_path)
    federation = sources / "infra/bootstrap/federation.py"
    federation.write_text(federation.read_text().replace('provider_id="github"', 'provider_id="gh"'))
    complaints = pulumi_preview.preview(sources, "project", OWNER, program="infra/bootstrap").complaints
    assert any("workload_identity_pool_provider_id" in complaint for complaint in complaints)


def test_an_error_of_the_program_is_reported_in_one_sentence(tmp_path: Path) -> None:
    complaints = pulumi_preview.preview(
        pulumi_preview.copied(tmp_path), "dev", {"gcp:region": "europe-west1"}
    ).complaints
    sentence = "The project is not set: pulumi config set gcp:project PROJECT_ID"
    assert f"error: {sentence}" == complaints[0]
    assert not any("Traceback" in complaint for complaint in complaints)
