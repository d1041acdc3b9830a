"""Creates the dashboard: the first row shows whether the deployment is healthy, the rows below where a problem is.

The rows follow the questions of an operator: are the objectives met, is every record stored, do the functions and
services answer, how much capacity is used, what do the functions log. The format of the widgets is in widgets.py.
"""

import json
from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from deployment.monitoring.alerts import (
    DATABASE_REQUEST_COUNT,
    INSTANCE_COUNT,
    MAX_MESSAGE_AGE,
    OLDEST_MESSAGE_AGE,
    REQUEST_COUNT,
    REQUEST_LATENCIES,
    UNDELIVERED_MESSAGES,
)
from deployment.monitoring.metric_filters import (
    DATABASE,
    FUNCTION,
    GATEWAY,
    SUBSCRIPTION,
    MonitoredResources,
    log_metric_filter,
    log_metric_type,
    metric_filter,
)
from deployment.monitoring.objectives import OBJECTIVES
from deployment.monitoring.widgets import (
    DistributionSum,
    Json,
    Line,
    chart,
    logs_panel,
    mosaic_layout,
    scorecard,
    without_defaults,
)

_FUNCTION_LABEL = "resource.labels.service_name"
_FUNCTION_LEGEND = f"${{{_FUNCTION_LABEL}}}"


def create_dashboard(
    resources: pulumi.Output[MonitoredResources],
    objectives: Mapping[str, pulumi.Output[str]],
    policy: str,
    options: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Creates the dashboard and returns its URL; `objectives` has the resource names of the SLOs.

    `policy` is its deletion policy: in a protected stack it is the first that `pulumi destroy` would delete, and
    refuses (deployment.components.protection).
    """
    dashboard_json = pulumi.Output.all(resources, pulumi.Output.all(**objectives)).apply(
        lambda resolved: json.dumps(without_defaults(_dashboard(*resolved)))
    )
    dashboard = gcp.monitoring.Dashboard(
        "dashboard", dashboard_json=dashboard_json, deletion_policy=policy, opts=options
    )
    return pulumi.Output.all(resources, dashboard.id).apply(lambda resolved: _url(*resolved))


def _dashboard(resources: MonitoredResources, objectives: Mapping[str, str]) -> Json:
    return {
        "displayName": resources.prefix,
        **mosaic_layout(
            [
                (8, _health(resources, objectives)),
                (14, _records(resources)),
                (14, _requests(resources)),
                (14, _capacity(resources)),
                (14, _errors(resources)),
            ]
        ),
    }


def _health(resources: MonitoredResources, objectives: Mapping[str, str]) -> list[Json]:
    ages = metric_filter(OLDEST_MESSAGE_AGE, SUBSCRIPTION, subscription_id=resources.subscription)
    dead_letters = metric_filter(UNDELIVERED_MESSAGES, SUBSCRIPTION, subscription_id=resources.dead_letters)
    return [
        *(_error_budget(objective.title, objectives[objective.name]) for objective in OBJECTIVES),
        scorecard("Oldest message (s)", Line("", ages, "ALIGN_MAX", "REDUCE_MAX").query(), MAX_MESSAGE_AGE),
        scorecard("Dead letters", Line("", dead_letters, "ALIGN_MAX", "REDUCE_MAX").query(), 0),
    ]


def _error_budget(title: str, objective: str) -> Json:
    budget_filter = f'select_slo_budget_fraction("{objective}")'
    query = {"timeSeriesFilter": {"filter": budget_filter, "aggregation": {"perSeriesAligner": "ALIGN_NEXT_OLDER"}}}
    return scorecard(f"{title}: budget left", query, 0, red_below=True)


def _records(resources: MonitoredResources) -> list[Json]:
    accepted = DistributionSum("accepted", log_metric_type(resources, "accepted"), FUNCTION)
    outcomes = [
        Line(name, log_metric_filter(resources, name)) for name in ("stored", "duplicate", "rejected", "dead_lettered")
    ]
    lag = log_metric_filter(resources, "lag")
    percentiles = [Line(f"p{rank}", lag, "ALIGN_DELTA", f"REDUCE_PERCENTILE_{rank}") for rank in (50, 95, 99)]
    return [
        chart("Records accepted, and their outcomes", "per second", accepted, *outcomes),
        chart("From acceptance to storage", "seconds", *percentiles),
    ]


def _requests(resources: MonitoredResources) -> list[Json]:
    answered = Line("answered", log_metric_filter(resources, "answered", GATEWAY))
    status = "metric.labels.status"
    failed = Line(f"failed: ${{{status}}}", log_metric_filter(resources, "failed", GATEWAY), group_by=status)
    functions = resources.functions
    errors = metric_filter(REQUEST_COUNT, FUNCTION, service_name=functions, metric_response_code_class="5xx")
    latencies = metric_filter(REQUEST_LATENCIES, FUNCTION, service_name=functions)
    p99 = Line(_FUNCTION_LEGEND, latencies, "ALIGN_DELTA", "REDUCE_PERCENTILE_99", _FUNCTION_LABEL)
    return [
        chart("Requests at the gateway", "per second", answered, failed),
        chart("5xx by function", "per second", Line(_FUNCTION_LEGEND, errors, group_by=_FUNCTION_LABEL)),
        chart("p99 by function", "milliseconds", p99),
    ]


def _capacity(resources: MonitoredResources) -> list[Json]:
    busy = metric_filter(INSTANCE_COUNT, FUNCTION, service_name=resources.functions, metric_state="active")
    busy_by_function = Line(_FUNCTION_LEGEND, busy, "ALIGN_MAX", group_by=_FUNCTION_LABEL)
    requests = metric_filter(DATABASE_REQUEST_COUNT, DATABASE, database_id=resources.database)
    code = "metric.labels.response_code"
    undelivered = metric_filter(UNDELIVERED_MESSAGES, SUBSCRIPTION, subscription_id=resources.subscription)
    return [
        chart(f"Busy instances, of {resources.max_instances}", "", busy_by_function),
        chart("Firestore's answers", "per second", Line(f"${{{code}}}", requests, group_by=code)),
        chart("Undelivered messages", "", Line("undelivered", undelivered, "ALIGN_MAX", "REDUCE_MAX")),
    ]


def _errors(resources: MonitoredResources) -> list[Json]:
    reason = "metric.labels.reason"
    reasons = [
        Line(f"{name}: ${{{reason}}}", log_metric_filter(resources, name), group_by=reason)
        for name in ("refused", "crashed")
    ]
    functions = " OR ".join(f'"{name}"' for name in resources.functions)
    log_filter = f'resource.type="{FUNCTION}" AND resource.labels.service_name=({functions}) AND severity>=ERROR'
    return [
        chart("Refused, by reason", "per second", *reasons),
        logs_panel("Errors in the functions' logs", resources.project, log_filter),
    ]


def _url(resources: MonitoredResources, dashboard_id: str) -> str:
    name = dashboard_id.rpartition("/")[2]
    return f"https://console.cloud.google.com/monitoring/dashboards/builder/{name}?project={resources.project}"
