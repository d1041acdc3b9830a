"""Creates the service level objectives (SLO): POSTs are accepted, records are stored in time, GETs are answered.

Accepting and reading are measured at the gateway, because a request that finds no instance reaches no function. Storing
is measured on stored records only; the alerts on undelivered messages and dead letters cover records that are not
stored. The goals are configured (deployment.configuration.monitoring).
"""

from collections.abc import Callable
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment
from deployment.configuration.monitoring import Objectives
from deployment.monitoring.log_metrics import MAX_LAG
from deployment.monitoring.metric_filters import GATEWAY, MonitoredResources, log_metric_filter

ROLLING_PERIOD_DAYS = 30  # the period of the alerts' burn rates, and the maximum of Cloud Monitoring

Indicator = gcp.monitoring.SloRequestBasedSliArgsDict


@dataclass(frozen=True)
class Objective:
    """An objective and its service level indicator (SLI): the share of good requests, or records."""

    name: str  # a field of Objectives
    title: str
    indicator: Callable[[MonitoredResources], Indicator]


def _availability(method: str) -> Callable[[MonitoredResources], Indicator]:
    """The share of requests with this method that the system does not fail."""

    def indicator(resources: MonitoredResources) -> Indicator:
        return {
            "good_total_ratio": {
                "bad_service_filter": log_metric_filter(resources, "failed", GATEWAY, metric_method=method),
                "total_service_filter": log_metric_filter(resources, "answered", GATEWAY, metric_method=method),
            }
        }

    return indicator


def _stored_in_time(resources: MonitoredResources) -> Indicator:
    return {"distribution_cut": {"distribution_filter": log_metric_filter(resources, "lag"), "range": {"max": MAX_LAG}}}


OBJECTIVES = (
    Objective("accepting", "Posts are not failed", _availability("POST")),
    Objective("storing", f"Records are stored within {MAX_LAG:g} s", _stored_in_time),
    Objective("reading", "Reads are not failed", _availability("GET")),
)


def create_objectives(
    environment: Environment,
    goals: Objectives,
    resources: pulumi.Output[MonitoredResources],
    child_options: pulumi.ResourceOptions,
) -> dict[str, pulumi.Output[str]]:
    """Creates the SLOs; returns their full resource names in Cloud Monitoring, by objective."""
    service = gcp.monitoring.CustomService(
        "records", service_id=environment.prefix, display_name=f"{environment.prefix}: records", opts=child_options
    )
    return {
        objective.name: gcp.monitoring.Slo(
            objective.name,
            service=service.service_id,
            slo_id=objective.name,
            display_name=objective.title,
            goal=getattr(goals, objective.name),
            rolling_period_days=ROLLING_PERIOD_DAYS,
            request_based_sli=resources.apply(objective.indicator),
            opts=child_options,
        ).name
        for objective in OBJECTIVES
    }
