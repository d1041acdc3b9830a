"""Reads the configuration of a stack once, into immutable dataclasses, before any resource is created.

Each section has a module of its own, with the ranges and formats of its values; an invalid value raises ConfigError.
Defaults and reasons are in Pulumi.yaml.
"""

from dataclasses import dataclass

import pulumi

from deployment.configuration.access import Access, read_access, read_quota
from deployment.configuration.encryption import Encryption, read_encryption
from deployment.configuration.environment import Environment, read_database_name, read_environment
from deployment.configuration.monitoring import Monitoring, read_monitoring
from deployment.configuration.network import PrivateNetwork, read_network
from deployment.configuration.scale import Scale, read_scale
from deployment.configuration.synthetic_caller import read_synthetic_caller
from deployment.configuration.test_issuer import read_tester
from deployment.configuration.values import integer
from deployment.configuration.web_page import WebPage, read_web_page

__all__ = ["Access", "Configuration", "Encryption", "Environment", "PrivateNetwork", "Scale", "WebPage", "read"]

MAX_RETENTION_DAYS = 24_855  # the offset of a TTL policy is at most 2,147,483,647 seconds


@dataclass(frozen=True)
class Configuration:
    """The configuration of one stack: everything in which stacks can differ."""

    environment: Environment
    scale: Scale
    access: Access
    page: WebPage
    network: PrivateNetwork | None
    monitoring: Monitoring
    encryption: Encryption
    database: str  # name of the Firestore database
    protected: bool
    recoverable: bool
    synthetic_caller: bool  # whether a function calls the API on a schedule, as a user does
    retention_days: int  # 0: records are kept for ever
    tester: str  # service account that signs tokens for the tests of the deployed stack; empty: none


def read(stack: str, settings: pulumi.Config, provider: pulumi.Config, function_count: int) -> Configuration:
    """The configuration of a stack; `provider` is that of the Google Cloud provider. Raises ConfigError."""
    environment = read_environment(stack, settings, provider)
    scale = read_scale(settings)
    page = read_web_page(settings, read_quota(settings))
    access = read_access(settings, environment, page.client_id)
    return Configuration(
        environment=environment,
        scale=scale,
        access=access,
        page=page,
        network=read_network(settings, scale, function_count),
        monitoring=read_monitoring(settings),
        encryption=read_encryption(settings),
        database=read_database_name(settings, environment),
        protected=settings.require_bool("protected"),
        recoverable=settings.require_bool("recoverable"),
        synthetic_caller=read_synthetic_caller(settings, access),
        retention_days=integer(settings, "retentionDays", 0, MAX_RETENTION_DAYS),
        tester=read_tester(settings),
    )
