from ipaddress import IPv4Address, IPv4Network

import pytest

from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import Json, RecordedDeployment
from tests.support.infra.resource_types import FUNCTION
from tests.support.infra.stack_settings import OPERATOR

NETWORK = "gcp:compute/network:Network"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
ROUTE = "gcp:compute/route:Route"
FIREWALL = "gcp:compute/firewall:Firewall"
ZONE = "gcp:dns/managedZone:ManagedZone"
RECORD = "gcp:dns/recordSet:RecordSet"
GOOGLE = "199.36.153.8/30"  # https://cloud.google.com/vpc/docs/configure-private-google-access


@pytest.fixture(scope="module")
def private() -> RecordedDeployment:
    """dev with the network that only prod has by default."""
    return run_program("dev", {**OPERATOR, "data-api:privateNetwork": "true", "data-api:subnetRange": "10.1.0.0/26"})


def egress(deployment: RecordedDeployment) -> list[Json]:
    """The egress settings of each function that users depend on."""
    names = ("directVpcNetworkInterfaces", "directVpcEgress", "vpcConnector")
    services = [resource.inputs["serviceConfig"] for resource in deployment.all(FUNCTION) if resource.name != "probe"]
    return [{name: service[name] for name in names if name in service} for service in services]


def test_all_traffic_of_a_function_goes_through_the_private_network(private: RecordedDeployment) -> None:
    interface = {"network": "data-api-dev", "subnetwork": "data-api-dev-network"}
    through_it = {"directVpcNetworkInterfaces": [interface], "directVpcEgress": "VPC_EGRESS_ALL_TRAFFIC"}
    assert [through_it] * 6 == egress(private)
    (subnet,) = private.all(SUBNET)
    assert "10.1.0.0/26" == subnet.inputs["ipCidrRange"]


def test_only_prod_has_a_private_network_by_default(dev: RecordedDeployment, prod: RecordedDeployment) -> None:
    assert [{}] * 6 == egress(dev)
    assert ["VPC_EGRESS_ALL_TRAFFIC"] * 6 == [interface["directVpcEgress"] for interface in egress(prod)]
    assert [] == [resource.urn for resource in dev.resources if resource.type.startswith(("gcp:compute", "gcp:dns"))]


def test_no_route_leads_to_the_internet(private: RecordedDeployment) -> None:
    (network,) = private.all(NETWORK)
    assert network.inputs["deleteDefaultRoutesOnCreate"] is True
    assert network.inputs["autoCreateSubnetworks"] is False
    assert {GOOGLE: "default-internet-gateway"} == {
        resource.inputs["destRange"]: resource.inputs["nextHopGateway"] for resource in private.all(ROUTE)
    }


def test_the_firewall_allows_only_https_to_google(private: RecordedDeployment) -> None:
    rules = [resource.inputs for resource in private.all(FIREWALL)]
    assert {"EGRESS"} == {rule["direction"] for rule in rules}
    allowed = [rule for rule in rules if "allows" in rule]
    (denied,) = [rule for rule in rules if "denies" in rule]
    assert [([{"protocol": "tcp", "ports": ["443"]}], [GOOGLE])] == [
        (rule["allows"], rule["destinationRanges"]) for rule in allowed
    ]
    assert ([{"protocol": "all"}], ["0.0.0.0/0"]) == (denied["denies"], denied["destinationRanges"])
    assert all(rule["priority"] < denied["priority"] for rule in allowed)  # the lower number is applied first


def test_every_name_of_a_google_api_resolves_to_the_addresses_of_the_route(private: RecordedDeployment) -> None:
    (zone,) = private.all(ZONE)
    assert ("googleapis.com.", "private") == (zone.inputs["dnsName"], zone.inputs["visibility"])
    assert [{"networkUrl": "network-id"}] == zone.inputs["privateVisibilityConfig"]["networks"]
    entries = {
        (resource.inputs["name"], resource.inputs["type"]): resource.inputs["rrdatas"]
        for resource in private.all(RECORD)
    }
    assert {("*.googleapis.com.", "CNAME"), ("private.googleapis.com.", "A")} == entries.keys()
    assert ["private.googleapis.com."] == entries["*.googleapis.com.", "CNAME"]
    assert [*IPv4Network(GOOGLE)] == [IPv4Address(text) for text in entries["private.googleapis.com.", "A"]]


def test_a_function_waits_for_the_routes_rules_and_names_that_it_needs(private: RecordedDeployment) -> None:
    routes = {resource.urn for type_ in (ROUTE, FIREWALL, RECORD) for resource in private.all(type_)}
    assert 5 == len(routes)
    assert all(routes <= resource.waits_for for resource in private.all(FUNCTION))
