"""Puts the functions into a network from which nothing but Google's own services can be reached, and not by internet.

Owns the names and the one route that lead to Google, and the firewall that lets nothing else out. Which function is in
it, `deployment.components.function` says. Google frees a subnet's addresses an hour or two after the last
function has left it;
until then it cannot be deleted (docs/surprises.md).
"""

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment, PrivateNetwork

# private.googleapis.com (https://cloud.google.com/vpc/docs/configure-private-google-access): reached from within
# Google's network alone.
GOOGLE = "199.36.153.8/30"
_ADDRESSES = [f"199.36.153.{last}" for last in range(8, 12)]
EVERYWHERE = "0.0.0.0/0"


class Network(pulumi.ComponentResource):
    """The network, its subnet, and the way from it to Google."""

    def __init__(
        self, name: str, environment: Environment, private: PrivateNetwork, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("dataapi:infra:Network", name, None, opts)
        self._prefix = environment.prefix
        self._inside = pulumi.ResourceOptions(parent=self)
        network = gcp.compute.Network(
            name,
            name=environment.prefix,
            auto_create_subnetworks=False,
            delete_default_routes_on_create=True,  # which lead to the internet
            opts=self._inside,
        )
        subnet = gcp.compute.Subnetwork(
            f"{environment.prefix}-{name}",  # Pulumi lengthens it: another range is another subnet, beside the old one
            region=environment.region,
            network=network.id,
            ip_cidr_range=private.range,
            private_ip_google_access=True,
            opts=self._inside,
        )
        self.name = network.name
        self.subnet = subnet.name
        self.ways = [*self._routes(network), *self._rules(network), *self._names(network)]
        self.register_outputs({"name": self.name})

    def _routes(self, network: gcp.compute.Network) -> list[pulumi.Resource]:
        """Called after the internet's gateway, but to these addresses it leads within Google's network."""
        return [
            gcp.compute.Route(
                "to-google",
                name=f"{self._prefix}-to-google",
                network=network.name,
                dest_range=GOOGLE,
                next_hop_gateway="default-internet-gateway",
                opts=self._inside,
            )
        ]

    def _rules(self, network: gcp.compute.Network) -> list[pulumi.Resource]:
        return [
            gcp.compute.Firewall(
                "let-out-to-google",
                name=f"{self._prefix}-let-out-to-google",
                network=network.name,
                direction="EGRESS",
                priority=1_000,
                allows=[{"protocol": "tcp", "ports": ["443"]}],
                destination_ranges=[GOOGLE],
                opts=self._inside,
            ),
            gcp.compute.Firewall(
                "let-nothing-out",
                name=f"{self._prefix}-let-nothing-out",
                network=network.name,
                direction="EGRESS",
                priority=65_534,
                denies=[{"protocol": "all"}],
                destination_ranges=[EVERYWHERE],
                opts=self._inside,
            ),
        ]

    def _names(self, network: gcp.compute.Network) -> list[pulumi.Resource]:
        """Every name of Google's APIs leads to the addresses that are reached from within."""
        zone = gcp.dns.ManagedZone(
            "googleapis",
            name=f"{self._prefix}-googleapis",
            description="Google's APIs, from within Google's network",
            dns_name="googleapis.com.",
            visibility="private",
            private_visibility_config={"networks": [{"network_url": network.id}]},
            opts=self._inside,
        )
        entries = {
            "private": ("private.googleapis.com.", "A", _ADDRESSES),
            "all": ("*.googleapis.com.", "CNAME", ["private.googleapis.com."]),
        }
        return [
            gcp.dns.RecordSet(
                f"{entry}-googleapis",
                managed_zone=zone.name,
                name=name,
                type=type_,
                ttl=300,
                rrdatas=data,
                opts=self._inside,
            )
            for entry, (name, type_, data) in entries.items()
        ]
