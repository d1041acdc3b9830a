"""The checks of the web page: its OAuth client, and the certificate and the DNS records of its domain."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import PROJECT, REGION, answers_of_ready_project

DOMAIN, CLIENT = "data.example.com", "1-a.apps.googleusercontent.com"
CERTIFICATES = ("GET", f"certificatemanager/v1/projects/{PROJECT}/locations/global/certificates")
ADDRESSES = ("GET", f"compute/compute/v1/projects/{PROJECT}/global/addresses")
RESERVED = [
    {"name": "data-api-dev-domain-ipv4", "address": "192.0.2.1"},
    {"name": "data-api-dev-domain-ipv6", "address": "2001:db8::1"},
    {"name": "data-api-prod-domain-ipv4", "address": "192.0.2.9"},
]


def with_domain(machine: Machine, *dns: str, **settings: str) -> None:
    """A stack with a domain that has these addresses, and nothing of it created yet."""
    own = {"gcp:project": PROJECT, "gcp:region": REGION, "data-api:webDomain": DOMAIN, "data-api:maxInstances": "2"}
    machine.configure(config={**own, "data-api:webClientId": CLIENT, **settings})
    machine.google.answers |= answers_of_ready_project(machine.services())
    machine.google.answers |= {CERTIFICATES: {}, ADDRESSES: {}}
    machine.dependencies = replace(machine.dependencies, addresses_of={DOMAIN: frozenset(dns)}.__getitem__)


def managed(state: str, **details: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    return {"certificates": [{"managed": {"domains": [DOMAIN], "state": state, **details}}]}


def test_a_page_without_sign_in_is_ok_without_a_domain(machine: Machine) -> None:
    assert "without sign-in, because webClientId is not set" in machine.result("web page", "ok")[0]


def test_a_page_with_a_domain_and_without_a_client_is_a_problem(machine: Machine) -> None:
    with_domain(machine, **{"data-api:webClientId": ""})
    message, fix = machine.result("web page", "problem")
    assert "nobody can sign in" in message
    assert f"redirect URI https://{DOMAIN}/" in fix
    assert "pulumi config set data-api:webClientId CLIENT_ID --stack dev" == fix.splitlines()[-1]


def test_what_the_deployment_creates_is_not_missed(machine: Machine) -> None:
    with_domain(machine)
    assert "the deployment will create it" == machine.result("certificate", "ok")[0]
    assert "the deployment will reserve the addresses" == machine.result("DNS", "ok")[0]
    assert CLIENT in machine.result("web page", "ok")[0]


def test_an_active_certificate_is_ok(machine: Machine) -> None:
    with_domain(machine)
    other = {"managed": {"domains": ["other.example.com"], "state": "FAILED"}}
    machine.google.answers[CERTIFICATES] = {"certificates": [other, {}, *managed("ACTIVE")["certificates"]]}
    assert f"active for {DOMAIN}" == machine.result("certificate", "ok")[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (managed("PROVISIONING"), "not active but PROVISIONING: does"),
        (managed("FAILED", provisioningIssue={"reason": "AUTHORIZATION_ISSUE"}), "FAILED (AUTHORIZATION_ISSUE): does"),
    ],
)
def test_a_certificate_that_is_not_active_is_a_problem(machine: Machine, answer: dict[str, Any], words: str) -> None:
    with_domain(machine)
    machine.google.answers[CERTIFICATES] = answer
    message, fix = machine.result("certificate", "problem")
    assert words in message
    assert "pulumi stack output dnsRecords --stack dev" == fix.splitlines()[-1]


@pytest.mark.parametrize("dns", [["192.0.2.1"], ["192.0.2.1", "2001:DB8:0::1"]])
def test_a_domain_that_leads_to_the_load_balancer_is_ok(machine: Machine, dns: list[str]) -> None:
    with_domain(machine, *dns)
    machine.google.answers[ADDRESSES] = {"items": RESERVED}
    assert f"{DOMAIN} leads to the load balancer" == machine.result("DNS", "ok")[0]


@pytest.mark.parametrize(
    ("dns", "leads_to"),
    [([], "no address"), (["192.0.2.9"], "192.0.2.9"), (["192.0.2.1", "192.0.2.7"], "192.0.2.1, 192.0.2.7")],
)
def test_a_domain_that_leads_elsewhere_is_a_problem(machine: Machine, dns: list[str], leads_to: str) -> None:
    with_domain(machine, *dns)
    machine.google.answers[ADDRESSES] = {"items": RESERVED}
    message, fix = machine.result("DNS", "problem")
    assert f"{DOMAIN} leads to {leads_to}, but the load balancer has 192.0.2.1, 2001:db8::1" == message
    assert "pulumi stack output dnsRecords --stack dev" == fix.splitlines()[-1]
