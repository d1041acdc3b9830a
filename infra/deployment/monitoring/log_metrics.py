"""Counts what the functions and the gateway log.

Owns the filters on log lines. The functions' lines are written in functions/ (`accepted`, `stored` and so on, by
dataapi/gcp/logs.py), the gateway's by Google (https://docs.cloud.google.com/api-gateway/docs/platform-logging). Of the
gateway its log is counted, not its own metrics: their labels are documented nowhere. No label names a user or holds
what a client may choose. What is made of the counts is `alerts`', `objectives`' and `dashboard`'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_gcp as gcp

from deployment.monitoring.watched import FUNCTION, GATEWAY, Watched, log_metric_name

# Storage is at once, or after one of the pauses between two tries (components.topic), or after a replay.
IN_TIME = 10.0  # seconds: a record that needs a second try is late
LAG_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, IN_TIME, 30.0, 60.0, 300.0, 900.0, 3600.0, 10_800.0, 86_400.0)
RECORD_BOUNDS = (1.0, 2.0, 11.0, 101.0, 501.0, 1001.0)  # records of one post; a batch has at most 1,000


@dataclass(frozen=True)
class LogMetric:
    """A count of log lines; with a field, the distribution of its values."""

    name: str
    meaning: str
    lines: Callable[[Watched], str]
    labels: Mapping[str, str] = field(default_factory=dict)  # name -> how it is read from a line
    value: str = ""  # a number among a line's fields
    unit: str = "1"
    bounds: tuple[float, ...] = ()


def _written(event: str, *functions: str) -> Callable[[Watched], str]:
    """The lines of an event that some of the functions write."""

    def lines(watched: Watched) -> str:
        names = " OR ".join(f'"{getattr(watched, function.replace("-", "_"))}"' for function in functions)
        return (
            f'resource.type="{FUNCTION}" AND resource.labels.service_name=({names})'
            f' AND logName="projects/{watched.project}/logs/run.googleapis.com%2Fstdout"'
            f' AND jsonPayload.message="{event}"'
        )

    return lines


def _answered(watched: Watched) -> str:
    """The gateway's lines on what clients asked of /data: neither health checks nor strangers who try their luck."""
    return (
        f'resource.type="{GATEWAY}" AND resource.labels.gateway_id="{watched.gateway}"'
        f' AND logName="projects/{watched.project}/logs/apigateway.googleapis.com%2Frequests"'
        ' AND httpRequest.requestUrl=~"^(https?://[^/]+)?/data([/?]|$)"'
    )


def _failed(watched: Watched) -> str:
    """Those that the system failed: a 429 is its error where Cloud Run had no instance, not where a quota was spent."""
    return (
        f"{_answered(watched)} AND (httpRequest.status>=500"
        ' OR (httpRequest.status=429 AND jsonPayload.responseDetails="via_upstream"))'
    )


_METHOD = 'REGEXP_EXTRACT(httpRequest.requestMethod, "^(GET|POST|OPTIONS)$")'
_REASON = "EXTRACT(jsonPayload.reason)"  # of `refused` and `crashed`: the name of a class
_ALL = ("generate", "persist", "present", "dead-letter")

LOG_METRICS = (
    LogMetric(
        "accepted",
        "Records accepted by one post",
        _written("accepted", "generate"),
        value="records",
        unit="{record}",
        bounds=RECORD_BOUNDS,
    ),
    LogMetric("stored", "Records stored", _written("stored", "persist")),
    LogMetric(
        "lag",
        "From acceptance to storage",
        _written("stored", "persist"),
        value="lagSeconds",
        unit="s",
        bounds=LAG_BOUNDS,
    ),
    LogMetric("duplicate", "Deliveries of records that were stored already", _written("duplicate", "persist")),
    LogMetric("rejected", "Deliveries that no retry can store", _written("rejected", "persist")),
    LogMetric("dead_lettered", "Dead letters kept", _written("dead_lettered", "dead-letter")),
    LogMetric(
        "refused",
        "Requests and deliveries refused",
        _written("refused", *_ALL),
        labels={"status": "EXTRACT(jsonPayload.status)", "reason": _REASON},
    ),
    LogMetric(
        "crashed",
        "Unhandled exceptions",
        _written("crashed", *_ALL),
        labels={"reason": _REASON},
    ),
    LogMetric("answered", "Requests to /data that the gateway answered", _answered, labels={"method": _METHOD}),
    LogMetric(
        "failed",
        "Requests to /data that the system failed",
        _failed,
        labels={"method": _METHOD, "status": "EXTRACT(httpRequest.status)"},
    ),
)


def log_metrics(watched: pulumi.Output[Watched], inside: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """Makes all of them; what selects one has to wait for it."""
    return [_create(metric, watched, inside) for metric in LOG_METRICS]


def _create(metric: LogMetric, watched: pulumi.Output[Watched], inside: pulumi.ResourceOptions) -> pulumi.Resource:
    return gcp.logging.Metric(
        metric.name,
        name=watched.apply(lambda names: log_metric_name(names, metric.name)),
        description=metric.meaning,
        filter=watched.apply(metric.lines),
        metric_descriptor={
            "display_name": metric.meaning,
            "metric_kind": "DELTA",
            "value_type": "DISTRIBUTION" if metric.value else "INT64",
            "unit": metric.unit,
            "labels": [{"key": label, "value_type": "STRING"} for label in metric.labels],
        },
        label_extractors=metric.labels,
        value_extractor=f"EXTRACT(jsonPayload.{metric.value})" if metric.value else None,
        bucket_options={"explicit_buckets": {"bounds": list(metric.bounds)}} if metric.bounds else None,
        opts=inside,
    )
