"""Reads whether the functions are in a network of their own, and how large it is."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi

from deployment.configuration.scale import Scale
from deployment.configuration.values import config_error
from service_names import FUNCTIONS

ADDRESSES_EACH = 2  # of an instance, so that new ones fit beside the old ones that they replace
RESERVED = 4  # addresses of a subnet that Google keeps; https://cloud.google.com/vpc/docs/subnets
SMALLEST = 26  # the prefix of the smallest subnet; https://cloud.google.com/run/docs/configuring/vpc-direct-vpc
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
_EXAMPLE = "10.8.0.0/24"


@dataclass(frozen=True)
class PrivateNetwork:
    """A network without a way to the internet."""

    range: str


def read_network(settings: pulumi.Config, scale: Scale) -> PrivateNetwork | None:
    """The network that the settings say, if any; it holds all instances of this scale."""
    range_ = _range(settings)
    if not settings.require_bool("privateNetwork"):
        return None
    needed = len(FUNCTIONS) * scale.max_instances * ADDRESSES_EACH
    room = range_.num_addresses - RESERVED
    if needed > room:
        raise config_error(
            settings,
            "subnetRange",
            f"is {range_} with room for {room} addresses, but {scale.max_instances} instances of each function "
            f"take up to {needed}",
            f"{range_.network_address}/{32 - (needed + RESERVED - 1).bit_length()} (or set maxInstances lower)",
        )
    return PrivateNetwork(str(range_))


def _range(settings: pulumi.Config) -> IPv4Network:
    value = settings.require("subnetRange")
    try:
        network = IPv4Network(value)
    except ValueError:
        raise config_error(settings, "subnetRange", f"is {value!r}, which is no range of IPv4", _EXAMPLE) from None
    if network.prefixlen > SMALLEST or not any(network.subnet_of(private) for private in _PRIVATE):
        raise config_error(
            settings, "subnetRange", f"is {value}, but must be private and /{SMALLEST} or larger", _EXAMPLE
        )
    return network
