"""Creates the log-based metrics: counts and distributions of the log lines of the functions and the gateway.

The functions write their lines with dataapi/gcp/logs.py (`accepted`, `stored` and so on), Google those of the gateway
(https://docs.cloud.google.com/api-gateway/docs/platform-logging). The gateway's log is used instead of its own metrics,
because their labels are not documented. No label names a user or has a value that a client can choose.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_gcp as gcp

from deployment.monitoring.metric_filters import FUNCTION, GATEWAY, MonitoredResources, log_metric_name

MAX_LAG = 10.0  # seconds from acceptance to storage that are on time; a record that needs a second attempt is late
# A record is stored at once, after one of the backoffs between two attempts (components/topic.py), or after a replay.
LAG_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, MAX_LAG, 30.0, 60.0, 300.0, 900.0, 3600.0, 10_800.0, 86_400.0)
RECORD_BOUNDS = (1.0, 2.0, 11.0, 101.0, 501.0, 1001.0)  # records of one POST; a batch has at most 1,000


@dataclass(frozen=True)
class LogMetric:
    """A log-based metric: the number of log lines, or with `value_field` the distribution of that field's values."""

    name: str
    description: str
    filter: Callable[[MonitoredResources], str]
    labels: Mapping[str, str] = field(default_factory=dict)  # name -> extractor
    value_field: str = ""  # a field with a number
    unit: str = "1"
    bucket_bounds: tuple[float, ...] = ()


def _event_filter(event: str, *functions: str) -> Callable[[MonitoredResources], str]:
    """The filter for the lines of an event that these functions log, or all functions."""

    def build_filter(resources: MonitoredResources) -> str:
        selected = [resources.function_names[function] for function in functions or resources.function_names]
        return _lines(resources, event, selected)

    return build_filter


def _synthetic_call(result: str) -> Callable[[MonitoredResources], str]:
    """The filter for the lines of the synthetic caller about calls with this result."""
    return lambda resources: _lines(resources, f"synthetic_call_{result}", [resources.synthetic_caller])


def _lines(resources: MonitoredResources, event: str, services: Sequence[str]) -> str:
    names = " OR ".join(f'"{name}"' for name in services)
    return (
        f'resource.type="{FUNCTION}" AND resource.labels.service_name=({names})'
        f' AND logName="projects/{resources.project}/logs/run.googleapis.com%2Fstdout"'
        f' AND jsonPayload.message="{event}"'
    )


def _gateway_requests(resources: MonitoredResources) -> str:
    """The filter for the gateway's lines about requests to /data: not health checks, not scans of other paths."""
    return (
        f'resource.type="{GATEWAY}" AND resource.labels.gateway_id="{resources.gateway}"'
        f' AND logName="projects/{resources.project}/logs/apigateway.googleapis.com%2Frequests"'
        ' AND httpRequest.requestUrl=~"^(https?://[^/]+)?/data([/?]|$)"'
    )


def _failed_gateway_requests(resources: MonitoredResources) -> str:
    """The filter for those that the system failed: 5xx, and 429 if Cloud Run had no instance, but not for a quota."""
    return (
        f"{_gateway_requests(resources)} AND (httpRequest.status>=500"
        ' OR (httpRequest.status=429 AND jsonPayload.responseDetails="via_upstream"))'
    )


def _refused_callers(resources: MonitoredResources) -> str:
    """The filter for those whose caller was refused: no valid token, no role, or a gateway that may not call."""
    return f"{_gateway_requests(resources)} AND (httpRequest.status=401 OR httpRequest.status=403)"


_METHOD = 'REGEXP_EXTRACT(httpRequest.requestMethod, "^(GET|POST|OPTIONS)$")'
_REASON = "EXTRACT(jsonPayload.reason)"  # of `refused` and `crashed`: the name of an exception class

LOG_METRICS = (
    LogMetric(
        "accepted",
        "Records accepted by one post",
        _event_filter("accepted", "generate"),
        value_field="records",
        unit="{record}",
        bucket_bounds=RECORD_BOUNDS,
    ),
    LogMetric("stored", "Records stored", _event_filter("stored", "persist")),
    LogMetric(
        "lag",
        "From acceptance to storage",
        _event_filter("stored", "persist"),
        value_field="lagSeconds",
        unit="s",
        bucket_bounds=LAG_BOUNDS,
    ),
    LogMetric("duplicate", "Deliveries of records that were stored already", _event_filter("duplicate", "persist")),
    LogMetric("rejected", "Deliveries that no retry can store", _event_filter("rejected", "persist")),
    LogMetric("dead_lettered", "Dead letters kept", _event_filter("dead_lettered", "dead-letter")),
    LogMetric(
        "refused",
        "Requests and deliveries refused",
        _event_filter("refused"),
        labels={"status": "EXTRACT(jsonPayload.status)", "reason": _REASON},
    ),
    LogMetric(
        "crashed",
        "Unhandled exceptions",
        _event_filter("crashed"),
        labels={"reason": _REASON},
    ),
    LogMetric("answered", "Requests to /data that the gateway answered", _gateway_requests, labels={"method": _METHOD}),
    LogMetric(
        "failed",
        "Requests to /data that the system failed",
        _failed_gateway_requests,
        labels={"method": _METHOD, "status": "EXTRACT(httpRequest.status)"},
    ),
    LogMetric(
        "refused_callers",
        "Requests to /data that were answered with 401 or 403",
        _refused_callers,
        labels={"status": "EXTRACT(httpRequest.status)"},
    ),
)


SYNTHETIC_CALL_METRICS = tuple(
    LogMetric(f"synthetic_call_{result}", f"Calls of the synthetic caller that {result}", _synthetic_call(result))
    for result in ("passed", "failed")
)


def create_log_metrics(
    resources: pulumi.Output[MonitoredResources], child_options: pulumi.ResourceOptions, *, synthetic_caller: bool
) -> list[pulumi.Resource]:
    """Creates all metrics; what has one in a filter must depend on it."""
    metrics = (*LOG_METRICS, *SYNTHETIC_CALL_METRICS) if synthetic_caller else LOG_METRICS
    return [_create_log_metric(metric, resources, child_options) for metric in metrics]


def _create_log_metric(
    metric: LogMetric, resources: pulumi.Output[MonitoredResources], child_options: pulumi.ResourceOptions
) -> pulumi.Resource:
    return gcp.logging.Metric(
        metric.name,
        name=resources.apply(lambda resolved: log_metric_name(resolved, metric.name)),
        description=metric.description,
        filter=resources.apply(metric.filter),
        metric_descriptor={
            "display_name": metric.description,
            "metric_kind": "DELTA",
            "value_type": "DISTRIBUTION" if metric.value_field else "INT64",
            "unit": metric.unit,
            "labels": [{"key": label, "value_type": "STRING"} for label in metric.labels],
        },
        label_extractors=metric.labels,
        value_extractor=f"EXTRACT(jsonPayload.{metric.value_field})" if metric.value_field else None,
        bucket_options={"explicit_buckets": {"bounds": list(metric.bucket_bounds)}} if metric.bucket_bounds else None,
        opts=child_options,
    )
