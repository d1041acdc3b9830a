"""What Pulumi's real engine and Google's real provider make of the programs, without a cloud."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.infra import invariants, pulumi_preview
from tests.support.infra.invariants import RULES, Rule
from tests.support.infra.inventory import FOLDER, inventory
from tests.support.infra.pulumi_mocks import FULL, OPERATOR, OWNER

pytestmark = pytest.mark.skipif(not pulumi_preview.is_installed(), reason=pulumi_preview.MISSING)

PREVIEWS: dict[str, Callable[[Path], pulumi_preview.Preview]] = {
    "dev": lambda folder: pulumi_preview.preview(pulumi_preview.copied(folder), "dev", OPERATOR),
    "prod": lambda folder: pulumi_preview.preview(pulumi_preview.copied(folder), "prod", OPERATOR),
    "full": lambda folder: pulumi_preview.preview(
        pulumi_preview.copied(folder), "prod", FULL
    ),  # prod with every option that it leaves off
    "bootstrap": lambda folder: pulumi_preview.preview(
        pulumi_preview.copied(folder), "project", OWNER, program="infra/bootstrap"
    ),
}
STACKS = ["dev", "prod", "full"]


@pytest.fixture(scope="module")
def previews(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], pulumi_preview.Preview]:
    """Each by its name, made when it is first asked for."""
    made: dict[str, pulumi_preview.Preview] = {}

    def previewed(name: str) -> pulumi_preview.Preview:
        if name not in made:
            made[name] = PREVIEWS[name](tmp_path_factory.mktemp(name))
        return made[name]

    return previewed


Previews = Callable[[str], pulumi_preview.Preview]


@pytest.mark.parametrize("name", PREVIEWS)
def test_the_provider_refuses_nothing_and_warns_of_nothing(previews: Previews, name: str) -> None:
    assert [] == previews(name).complaints


@pytest.mark.parametrize("name", ["dev", "prod", "bootstrap"])
def test_it_would_make_what_was_reviewed(previews: Previews, name: str) -> None:
    assert (FOLDER / f"{name}.txt").read_text().splitlines() == inventory(previews(name).resources).splitlines()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", STACKS)
def test_what_it_would_ask_google_for_keeps_the_rules(previews: Previews, name: str, rule: Rule) -> None:
    assert [] == rule(previews(name).resources)


@pytest.mark.parametrize("name", ["prod", "full"])
def test_nothing_that_can_lose_data_is_unprotected(previews: Previews, name: str) -> None:
    assert [] == invariants.nothing_that_can_lose_data_is_unprotected(previews(name).resources)


def test_preparing_a_project_lets_nobody_in_without_a_name(previews: Previews) -> None:
    resources = previews("bootstrap").resources
    assert [] == invariants.nobody_is_let_in_without_a_name(resources)
    assert [] == invariants.a_grant_adds_its_member_and_takes_nobody_elses_away(resources)
    assert [] == invariants.no_bucket_can_be_made_public(resources)


def test_what_the_provider_alone_would_refuse_is_a_complaint(tmp_path: Path) -> None:
    sources = pulumi_preview.copied(tmp_path)
    federation = sources / "infra/bootstrap/federation.py"
    federation.write_text(federation.read_text().replace('provider_id="github"', 'provider_id="gh"'))
    complaints = pulumi_preview.preview(sources, "project", OWNER, program="infra/bootstrap").complaints
    assert any("workload_identity_pool_provider_id" in complaint for complaint in complaints)


def test_what_the_program_refuses_is_said_in_one_sentence(tmp_path: Path) -> None:
    complaints = pulumi_preview.preview(
        pulumi_preview.copied(tmp_path), "dev", {"gcp:region": "europe-west1"}
    ).complaints
    sentence = "The project is not set: pulumi config set gcp:project PROJECT_ID"
    assert f"error: {sentence}" == complaints[0]
    assert not any("Traceback" in complaint for complaint in complaints)
