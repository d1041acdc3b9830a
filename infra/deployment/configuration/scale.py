"""Reads how the functions run: memory, CPU, concurrency, instances, timeout and the share of traced requests."""

from dataclasses import dataclass

import pulumi

from deployment.configuration.values import config_error, integer

GATEWAY_DEADLINE = 45  # seconds; the largest deadline of a backend in openapi.yaml
MAX_ACK_DEADLINE = 600  # seconds; https://cloud.google.com/pubsub/docs/lease-management
# https://cloud.google.com/run/docs/configuring/services/cpu; less than 1 CPU does not allow concurrency.
CPUS = (1, 2, 4, 6, 8)


@dataclass(frozen=True)
class Scale:
    """Size, number of instances and tracing of each function."""

    memory: int  # MiB
    cpu: int
    concurrency: int  # requests of one instance at the same time
    min_instances: int
    max_instances: int
    timeout: int  # seconds
    trace_percent: int  # of the requests; 0: none, and the OpenTelemetry exporter is not loaded


def read_scale(settings: pulumi.Config) -> Scale:
    """The configured scale; raises ConfigError."""
    min_instances = integer(settings, "minInstances", 0, 1_000)
    return Scale(
        memory=integer(settings, "memory", 512, 32_768),
        cpu=_cpu(settings),
        concurrency=integer(settings, "concurrency", 1, 1_000),
        min_instances=min_instances,
        max_instances=integer(settings, "maxInstances", max(1, min_instances), 1_000),
        timeout=integer(settings, "timeoutSeconds", GATEWAY_DEADLINE, MAX_ACK_DEADLINE),
        trace_percent=integer(settings, "tracePercent", 0, 100),
    )


def _cpu(settings: pulumi.Config) -> int:
    value = settings.require_int("cpu")
    if value not in CPUS:
        raise config_error(settings, "cpu", f"is {value}, but must be one of {', '.join(map(str, CPUS))}", "1")
    return value
