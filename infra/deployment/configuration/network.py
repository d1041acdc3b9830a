"""Reads whether the functions run in a private network, and checks that its subnet has enough addresses."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi

from deployment.configuration.scale import Scale
from deployment.configuration.values import config_error

ADDRESSES_PER_INSTANCE = 2  # during a rollout, new instances need addresses while the old ones still have theirs
RESERVED_ADDRESSES = 4  # in each subnet, by Google; https://cloud.google.com/vpc/docs/subnets
MAX_PREFIX_LENGTH = 26  # of the smallest subnet; https://cloud.google.com/run/docs/configuring/vpc-direct-vpc
_PRIVATE_RANGES = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
_EXAMPLE = "10.8.0.0/24"


@dataclass(frozen=True)
class PrivateNetwork:
    """A network without access to the internet."""

    range: str  # of the subnet, in CIDR notation


def read_network(settings: pulumi.Config, scale: Scale, function_count: int) -> PrivateNetwork | None:
    """The private network, None if the setting is off; raises ConfigError if its subnet is too small for this scale."""
    range_ = _range(settings)
    if not settings.require_bool("privateNetwork"):
        return None
    needed = function_count * scale.max_instances * ADDRESSES_PER_INSTANCE
    available = range_.num_addresses - RESERVED_ADDRESSES
    if needed > available:
        problem = (
            f"is {range_} with {available} usable addresses, but {scale.max_instances} instances of each function "
            f"need up to {needed}"
        )
        prefix_length = 32 - (needed + RESERVED_ADDRESSES - 1).bit_length()
        example = f"{range_.network_address}/{prefix_length} (or set maxInstances lower)"
        raise config_error(settings, "subnetRange", problem, example)
    return PrivateNetwork(str(range_))


def _range(settings: pulumi.Config) -> IPv4Network:
    value = settings.require("subnetRange")
    try:
        network = IPv4Network(value)
    except ValueError:
        raise config_error(
            settings, "subnetRange", f"is {value!r}, which is not an IPv4 range in CIDR notation", _EXAMPLE
        ) from None
    if network.prefixlen > MAX_PREFIX_LENGTH or not any(network.subnet_of(private) for private in _PRIVATE_RANGES):
        problem = f"is {value}, but must be private and /{MAX_PREFIX_LENGTH} or larger"
        raise config_error(settings, "subnetRange", problem, _EXAMPLE)
    return network
