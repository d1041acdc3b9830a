"""What must hold of every stack as a whole. The rules stand in `invariants`; here each of them is seen to break, too."""

import copy
import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest

from gateway_document import Deployment, read_contract, rendered
from local.contract import load_contract
from local.gateway_routes import operations, routes
from tests.infra import invariants
from tests.infra.invariants import RULES, Rule
from tests.rehearsal import OPERATOR, ROOT, Json, Rehearsal, Resource, rehearse, run

Break = Callable[[Json], object]
ADDRESSES = {"generate": "https://generate.example", "present": "https://present.example"}


@pytest.fixture(scope="module", params=["dev", "prod"])
def previewed(request: pytest.FixtureRequest) -> Rehearsal:
    """A stack of which nothing is known that creating alone can tell."""
    return rehearse(request.param, preview=True)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_holds_once_all_is_known(either: Rehearsal, rule: Rule) -> None:
    assert [] == rule(either.resources)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_holds_before_anything_is_made(previewed: Rehearsal, rule: Rule) -> None:
    assert [] == rule(previewed.resources)


def test_nothing_in_prod_that_can_lose_data_is_unprotected(prod: Rehearsal) -> None:
    assert [] == invariants.nothing_that_can_lose_data_is_unprotected(prod.resources)


def setting(*path: str, to: object) -> Break:
    """Sets an input, or takes it away (None)."""

    def change(inputs: Json) -> None:
        for step in path[:-1]:
            inputs = inputs[step]
        inputs[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("rule", "name", "change"),
    [
        (invariants.nobody_is_let_in_without_a_name, "gateway-invokes-present", setting("member", to="allUsers")),
        (invariants.nobody_is_let_in_without_a_name, "publishes", setting("members", to=["allAuthenticatedUsers"])),
        (
            invariants.every_identity_is_used_by_one_thing,
            "persist",
            setting("serviceConfig", "serviceAccountEmail", to="data-api-prod-present@a-project.iam.gserviceaccount.com"),
        ),
        (
            invariants.every_identity_is_used_by_one_thing,
            "gateway",
            setting("gatewayConfig", "backendConfig", "googleServiceAccount", to=None),
        ),
        (invariants.a_grant_on_the_whole_project_is_narrowed_where_google_can, "reads-records", setting("condition", to={})),
        (invariants.a_grant_on_the_whole_project_is_narrowed_where_google_can, "build-writes-logs", setting("role", to="roles/editor")),
        (invariants.a_function_is_called_by_one_caller, "push-invokes-persist", setting("name", to="data-api-prod-present")),
        (invariants.dead_lettering_has_its_three_grants, "agent-publishes-dead-letters", setting("topic", to="data-api-prod-records")),
        (invariants.dead_lettering_has_its_three_grants, "agent-acknowledges-dead-letters", setting("member", to="serviceAccount:other")),
        (invariants.a_push_carries_a_token_for_the_function_it_goes_to, "push", setting("pushConfig", "oidcToken", to={})),
        (invariants.no_subscription_expires, "dead-letters", setting("expirationPolicy", to=None)),
        (invariants.no_bucket_can_be_made_public, "data-api-prod-source", setting("publicAccessPrevention", to="inherited")),
        (invariants.nothing_that_can_lose_data_is_unprotected, "database", setting("deletionPolicy", to="DELETE")),
    ],
)  # fmt: skip
def test_a_broken_stack_breaks_its_rule(prod: Rehearsal, rule: Rule, name: str, change: Break) -> None:
    broken = [changed(each, change) if each.name == name else each for each in prod.resources]
    assert [] != rule(broken)


def changed(resource: Resource, change: Break) -> Resource:
    inputs = copy.deepcopy(resource.inputs)
    change(inputs)
    return dataclasses.replace(resource, inputs=inputs)
