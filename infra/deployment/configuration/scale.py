"""Reads how the functions run: how large they are, how many instances they have, how many requests are traced."""

from dataclasses import dataclass

import pulumi

from deployment.configuration.values import config_error, integer

GATEWAY_DEADLINE = 15  # seconds; openapi.yaml
MAX_ACK_DEADLINE = 600  # seconds; https://cloud.google.com/pubsub/docs/lease-management
CPUS = (1, 2, 4, 6, 8)  # https://cloud.google.com/run/docs/configuring/services/cpu; none is less, for concurrency


@dataclass(frozen=True)
class Scale:
    """How each function runs."""

    memory: int  # MiB
    cpu: int
    concurrency: int
    min_instances: int
    max_instances: int
    timeout: int  # seconds
    trace_percent: int  # of its requests; 0: none, and what sends traces is not loaded


def read_scale(settings: pulumi.Config) -> Scale:
    """The scale that the settings say."""
    min_instances = integer(settings, "minInstances", 0, 1_000)
    return Scale(
        memory=integer(settings, "memory", 512, 32_768),
        cpu=_cpus(settings),
        concurrency=integer(settings, "concurrency", 1, 1_000),
        min_instances=min_instances,
        max_instances=integer(settings, "maxInstances", max(1, min_instances), 1_000),
        timeout=integer(settings, "timeoutSeconds", GATEWAY_DEADLINE, MAX_ACK_DEADLINE),
        trace_percent=integer(settings, "tracePercent", 0, 100),
    )


def _cpus(settings: pulumi.Config) -> int:
    value = settings.require_int("cpu")
    if value not in CPUS:
        raise config_error(settings, "cpu", f"is {value}, but Cloud Run has {', '.join(map(str, CPUS))}", "1")
    return value
