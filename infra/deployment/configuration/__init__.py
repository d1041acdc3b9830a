"""Reads the stack's configuration, once, into frozen values, and refuses what cannot work before anything is made.

Owns what a whole configuration is. Each section, with its ranges and forms, has a module of its own; how one value is
read and rejected is in `deployment.configuration.values`. Defaults and reasons are in Pulumi.yaml. What
the values become is
the components'.
"""

from dataclasses import dataclass

import pulumi

from deployment.configuration.access import Access, read_access
from deployment.configuration.encryption import Encryption, read_encryption
from deployment.configuration.environment import Environment, read_database_name, read_environment
from deployment.configuration.monitoring import Monitoring, read_monitoring
from deployment.configuration.network import PrivateNetwork, read_network
from deployment.configuration.scale import Scale, read_scale
from deployment.configuration.test_issuer import read_tester
from deployment.configuration.values import integer

__all__ = ["Access", "Configuration", "Encryption", "Environment", "PrivateNetwork", "Scale", "read"]

LONGEST_RETENTION = 24_855  # days; the offset of a TTL policy has at most 2,147,483,647 seconds


@dataclass(frozen=True)
class Configuration:
    """All that one stack may say otherwise than another."""

    environment: Environment
    scale: Scale
    access: Access
    network: PrivateNetwork | None
    monitoring: Monitoring
    encryption: Encryption
    database: str  # its name
    protected: bool
    recoverable: bool
    retention_days: int  # 0: for ever
    tester: str  # the service account that makes up users for the tests of the deployed stack; or none


def read(stack: str, settings: pulumi.Config, provider: pulumi.Config) -> Configuration:
    """The configuration of a stack: its own settings and those of the Google provider; raises ConfigError."""
    environment = read_environment(stack, provider)
    scale = read_scale(settings)
    return Configuration(
        environment=environment,
        scale=scale,
        access=read_access(settings, environment),
        network=read_network(settings, scale),
        monitoring=read_monitoring(settings),
        encryption=read_encryption(settings),
        database=read_database_name(settings, environment),
        protected=settings.require_bool("protected"),
        recoverable=settings.require_bool("recoverable"),
        retention_days=integer(settings, "retentionDays", 0, LONGEST_RETENTION),
        tester=read_tester(settings),
    )
