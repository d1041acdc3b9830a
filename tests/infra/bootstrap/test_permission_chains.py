"""No chain of declared grants leads from dev's identities, or from a pull request, to prod's data."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.support.infra.permission_chains import Grant, Project, chains, project
from tests.support.infra.pulumi_program import run_bootstrap_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.role_permissions import ANY, ROLES, UNLIMITED
from tests.support.infra.stack_settings import OWNER

# Jobs of these environments run what is pushed to dev, or to any branch.
DEVS = ("dev", "dev-preview", "data-api-dev-generate", "data-api-dev-persist", "data-api-dev-present")
DEPLOYER = "data-api-dev-deploy"
BY_DEPLOYER = ("dev", DEPLOYER)
ROUTES = "compute.urlMaps.update"  # of the load balancer of an own domain
OWN_DATABASES = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['{}'])"


@pytest.fixture(scope="module")
def shared(bootstrapped: RecordedDeployment, prepared: Mapping[str, RecordedDeployment]) -> Project:
    """dev and prod in one project."""
    return project(bootstrapped.resources, prepared["dev"].resources, prepared["prod"].resources)


@pytest.fixture(scope="module")
def of_prod_alone(prepared: Mapping[str, RecordedDeployment]) -> Project:
    """A project of prod's own, which dev's identities are not in."""
    settings = {"data-api-bootstrap:stacks": '["prod"]', "data-api-bootstrap:pullRequests": "[]"}
    return project(run_bootstrap_program({**OWNER, **settings}).resources, prepared["prod"].resources)


def test_no_chain_leads_to_prod_in_a_project_of_its_own(of_prod_alone: Project) -> None:
    assert set() == chains(of_prod_alone, [*DEVS, DEPLOYER], "prod")


def test_in_one_project_the_only_chains_are_those_that_no_condition_can_limit(shared: Project) -> None:
    found = chains(shared, DEVS, "prod")
    expected = UNLIMITED.keys() - {"pubsub.subscriptions.consume", ROUTES}
    assert {(*BY_DEPLOYER, f"{permission}: {UNLIMITED[permission]}") for permission in expected} == found


def test_dev_routes_prods_domain_only_if_dev_has_a_network_too(
    shared: Project, prepared: Mapping[str, RecordedDeployment]
) -> None:
    both = run_bootstrap_program({**OWNER, "data-api-bootstrap:networks": '["dev", "prod"]'}).resources
    found = chains(project(both, prepared["dev"].resources, prepared["prod"].resources), DEVS, "prod")
    assert {(*BY_DEPLOYER, f"{ROUTES}: {UNLIMITED[ROUTES]}")} == found - chains(shared, DEVS, "prod")


def test_nothing_that_a_pull_request_runs_leads_to_prod(shared: Project) -> None:
    assert set() == chains(shared, ["dev-preview"], "prod")
    assert set() != chains(shared, ["dev-preview"], "dev")  # it reads dev's state


def test_the_search_finds_what_prods_own_identities_reach(shared: Project, of_prod_alone: Project) -> None:
    for where in (shared, of_prod_alone):
        reached = {way[-1].partition(": ")[2] for way in chains(where, ["prod", "prod-drill"], "prod")}
        assert {"reads records", "reads the state", "lets itself receive messages"} <= reached


@pytest.mark.parametrize(
    ("role", "condition", "chain"),
    [
        ("roles/iam.serviceAccountUser", "", (*BY_DEPLOYER, "data-api-prod-deploy")),
        ("roles/iam.roleAdmin", "", (*BY_DEPLOYER, "a role of its own, changed: reads records")),
        (
            "roles/resourcemanager.projectIamAdmin",
            OWN_DATABASES.format("projects/a-project/roles/data_api_dev_read_records"),
            (*BY_DEPLOYER, "roles/data_api_dev_read_records, granted to itself: reads records"),
        ),
        (
            "roles/resourcemanager.projectIamAdmin",
            OWN_DATABASES.format("roles/storage.objectViewer"),
            (*BY_DEPLOYER, "roles/storage.objectViewer, granted to itself: reads the state"),
        ),
        ("roles/storage.objectViewer", "", (*BY_DEPLOYER, "roles/storage.objectViewer: reads the state")),
        ("roles/datastore.viewer", "", (*BY_DEPLOYER, "roles/datastore.viewer: reads records")),
    ],
)
def test_the_search_finds_the_chain_of_a_grant_that_reaches_too_far(
    shared: Project, role: str, condition: str, chain: tuple[str, ...]
) -> None:
    """The first three are grants that deployers once had."""
    grant = Grant(DEPLOYER, role, ROLES[role], condition=condition)
    assert chain in chains(replace(shared, grants=(*shared.grants, grant)), DEVS, "prod")
    assert chain not in chains(shared, DEVS, "prod")


def test_a_condition_keeps_a_grant_from_another_stack(shared: Project) -> None:
    condition = 'resource.name == "projects/a-project/databases/data-api-{}"'
    for stack, is_found in (("dev", False), ("prod", True)):
        grant = Grant(DEPLOYER, "custom", ANY & {"datastore.entities.get"}, condition=condition.format(stack))
        found = chains(replace(shared, grants=(*shared.grants, grant)), DEVS, "prod")
        assert is_found == ((*BY_DEPLOYER, "custom: reads records") in found)
