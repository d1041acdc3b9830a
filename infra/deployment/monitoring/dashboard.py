"""Shows how a deployment is: whether it is well in the first row, and what ails it below.

Owns what is shown, in the order in which one asks: are the promises kept, does every record arrive, do the parts
answer, what do they say. How a tile is written is `widgets`', what the metrics mean `log_metrics`'.
"""

import json
from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from deployment.monitoring.alerts import DATABASE_REQUESTS, INSTANCES, LATENCIES, OLDEST, REQUESTS, STUCK, UNDELIVERED
from deployment.monitoring.objectives import OBJECTIVES
from deployment.monitoring.watched import (
    DATABASE,
    FUNCTION,
    GATEWAY,
    SUBSCRIPTION,
    Watched,
    counted,
    log_metric_type,
    series,
)
from deployment.monitoring.widgets import Line, Sum, Widget, chart, grid, logs, number

_FUNCTION = "resource.labels.service_name"
_NAMED = f"${{{_FUNCTION}}}"


def dashboard(
    watched: pulumi.Output[Watched],
    objectives: Mapping[str, pulumi.Output[str]],
    inside: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Makes it, and returns its address."""
    text = pulumi.Output.all(watched, pulumi.Output.all(**objectives)).apply(
        lambda resolved: json.dumps(shown(*resolved))
    )
    resource = gcp.monitoring.Dashboard("dashboard", dashboard_json=text, opts=inside)
    return pulumi.Output.all(watched, resource.id).apply(lambda resolved: _address(*resolved))


def shown(watched: Watched, objectives: Mapping[str, str]) -> Widget:
    """What the dashboard shows; objectives are named as Google names them."""
    return {
        "displayName": watched.prefix,
        **grid(
            [
                (8, _is_it_well(watched, objectives)),
                (14, _do_records_arrive(watched)),
                (14, _do_the_parts_answer(watched)),
                (14, _what_is_used(watched)),
                (14, _what_is_said(watched)),
            ]
        ),
    }


def _is_it_well(watched: Watched, objectives: Mapping[str, str]) -> list[Widget]:
    push = series(OLDEST, SUBSCRIPTION, subscription_id=watched.subscription)
    letters = series(UNDELIVERED, SUBSCRIPTION, subscription_id=watched.dead_letters)
    return [
        *(_budget_left(objective.title, objectives[objective.name]) for objective in OBJECTIVES),
        number("Oldest message (s)", Line("", push, "ALIGN_MAX", "REDUCE_MAX").query(), STUCK),
        number("Dead letters", Line("", letters, "ALIGN_MAX", "REDUCE_MAX").query(), 0),
    ]


def _budget_left(title: str, objective: str) -> Widget:
    selected = f'select_slo_budget_fraction("{objective}")'
    query = {"timeSeriesFilter": {"filter": selected, "aggregation": {"perSeriesAligner": "ALIGN_NEXT_OLDER"}}}
    return number(f"{title}: budget left", query, 0, below=True)


def _do_records_arrive(watched: Watched) -> list[Widget]:
    accepted = Sum("accepted", log_metric_type(watched, "accepted"), FUNCTION)
    outcomes = [Line(name, counted(watched, name)) for name in ("stored", "duplicate", "rejected", "dead_lettered")]
    lag = counted(watched, "lag")
    percentiles = [Line(f"p{rank}", lag, "ALIGN_DELTA", f"REDUCE_PERCENTILE_{rank}") for rank in (50, 95, 99)]
    return [
        chart("Records accepted, and what became of them", "a second", accepted, *outcomes),
        chart("From acceptance to storage", "seconds", *percentiles),
    ]


def _do_the_parts_answer(watched: Watched) -> list[Widget]:
    line = Line("answered", counted(watched, "answered", GATEWAY))
    failed = Line("failed: ${metric.labels.status}", counted(watched, "failed", GATEWAY), by="metric.labels.status")
    faults = series(REQUESTS, FUNCTION, service_name=watched.functions, metric_response_code_class="5xx")
    latencies = series(LATENCIES, FUNCTION, service_name=watched.functions)
    slowest = Line(_NAMED, latencies, "ALIGN_DELTA", "REDUCE_PERCENTILE_99", _FUNCTION)
    return [
        chart("Requests at the gateway", "a second", line, failed),
        chart("5xx by function", "a second", Line(_NAMED, faults, by=_FUNCTION)),
        chart("p99 by function", "milliseconds", slowest),
    ]


def _what_is_used(watched: Watched) -> list[Widget]:
    busy = series(INSTANCES, FUNCTION, service_name=watched.functions, metric_state="active")
    requests = series(DATABASE_REQUESTS, DATABASE, database_id=watched.database)
    waiting = series(UNDELIVERED, SUBSCRIPTION, subscription_id=watched.subscription)
    by_code = Line("${metric.labels.response_code}", requests, by="metric.labels.response_code")
    return [
        chart(f"Busy instances, of {watched.max_instances}", "", Line(_NAMED, busy, "ALIGN_MAX", by=_FUNCTION)),
        chart("Firestore's answers", "a second", by_code),
        chart("Messages under way", "", Line("undelivered", waiting, "ALIGN_MAX", "REDUCE_MAX")),
    ]


def _what_is_said(watched: Watched) -> list[Widget]:
    reasons = [
        Line(f"{name}: ${{metric.labels.reason}}", counted(watched, name), by="metric.labels.reason")
        for name in ("refused", "crashed")
    ]
    functions = " OR ".join(f'"{name}"' for name in watched.functions)
    written = f'resource.type="{FUNCTION}" AND resource.labels.service_name=({functions}) AND severity>=ERROR'
    return [
        chart("Refused, by reason", "a second", *reasons),
        logs("What the functions complain of", watched.project, written),
    ]


def _address(watched: Watched, dashboard_id: str) -> str:
    name = dashboard_id.rpartition("/")[2]
    return f"https://console.cloud.google.com/monitoring/dashboards/builder/{name}?project={watched.project}"
