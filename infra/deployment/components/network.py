"""Creates the VPC network of the functions, from which only Google's APIs can be reached, without the internet.

It has the DNS zone and the one route to Google's APIs, and the firewall rules that block all other egress. Google
releases a subnet's addresses an hour or two after the last function has left it; until then it cannot be deleted
(docs/surprises.md).
"""

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment, PrivateNetwork

# The addresses of private.googleapis.com, which can be reached only from inside Google's network
# (https://cloud.google.com/vpc/docs/configure-private-google-access).
GOOGLE_APIS_RANGE = "199.36.153.8/30"
_GOOGLE_APIS_ADDRESSES = [f"199.36.153.{last_byte}" for last_byte in range(8, 12)]
ANY_RANGE = "0.0.0.0/0"


class Network(pulumi.ComponentResource):
    """The network, its subnet, route, firewall rules and DNS zone."""

    def __init__(
        self, name: str, environment: Environment, private: PrivateNetwork, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("dataapi:infra:Network", name, None, opts)
        self._prefix = environment.prefix
        self._child_options = pulumi.ResourceOptions(parent=self)
        network = gcp.compute.Network(
            name,
            name=environment.prefix,
            auto_create_subnetworks=False,
            delete_default_routes_on_create=True,  # which lead to the internet
            opts=self._child_options,
        )
        subnet = gcp.compute.Subnetwork(
            # Pulumi appends a suffix to this name: a changed range creates a new subnet before the old one is deleted.
            f"{environment.prefix}-{name}",
            region=environment.region,
            network=network.id,
            ip_cidr_range=private.range,
            private_ip_google_access=True,
            opts=self._child_options,
        )
        self.name = network.name
        self.subnet = subnet.name
        self.egress = [
            self._create_route(network),
            *self._create_firewall_rules(network),
            *self._create_dns_zone(network),
        ]
        self.register_outputs({"name": self.name})

    def _create_route(self, network: gcp.compute.Network) -> pulumi.Resource:
        """Its next hop is named default-internet-gateway, but for these addresses it stays in Google's network."""
        return gcp.compute.Route(
            "to-google",
            name=f"{self._prefix}-to-google",
            network=network.name,
            dest_range=GOOGLE_APIS_RANGE,
            next_hop_gateway="default-internet-gateway",
            opts=self._child_options,
        )

    def _create_firewall_rules(self, network: gcp.compute.Network) -> list[pulumi.Resource]:
        return [
            gcp.compute.Firewall(
                "let-out-to-google",
                name=f"{self._prefix}-let-out-to-google",
                network=network.name,
                direction="EGRESS",
                priority=1_000,
                allows=[{"protocol": "tcp", "ports": ["443"]}],
                destination_ranges=[GOOGLE_APIS_RANGE],
                opts=self._child_options,
            ),
            gcp.compute.Firewall(
                "let-nothing-out",
                name=f"{self._prefix}-let-nothing-out",
                network=network.name,
                direction="EGRESS",
                priority=65_534,
                denies=[{"protocol": "all"}],
                destination_ranges=[ANY_RANGE],
                opts=self._child_options,
            ),
        ]

    def _create_dns_zone(self, network: gcp.compute.Network) -> list[pulumi.Resource]:
        """The records of a private zone that resolves all names of Google's APIs to private.googleapis.com."""
        zone = gcp.dns.ManagedZone(
            "googleapis",
            name=f"{self._prefix}-googleapis",
            description="Google's APIs, from within Google's network",
            dns_name="googleapis.com.",
            visibility="private",
            private_visibility_config={"networks": [{"network_url": network.id}]},
            opts=self._child_options,
        )
        records = {
            "private": ("private.googleapis.com.", "A", _GOOGLE_APIS_ADDRESSES),
            "all": ("*.googleapis.com.", "CNAME", ["private.googleapis.com."]),
        }
        return [
            gcp.dns.RecordSet(
                f"{key}-googleapis",
                managed_zone=zone.name,
                name=name,
                type=type_,
                ttl=300,
                rrdatas=values,
                opts=self._child_options,
            )
            for key, (name, type_, values) in records.items()
        ]
