"""Promises three things, and measures them: posts are accepted, records are stored in time, reads are answered.

Owns what counts as good. Accepting and reading are measured at the gateway, since a request that finds no instance
reaches no function. Storing is measured on the records that are stored: those that are not are the business of the
alerts on undelivered messages and dead letters. How large the shares are is the stack's to say; the alerts that follow
from them are `alerts`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment
from deployment.configuration.monitoring import Objectives
from deployment.monitoring.log_metrics import IN_TIME
from deployment.monitoring.watched import GATEWAY, Watched, counted

PERIOD = 30  # days: the month for which the burn rates of the alerts are reckoned, and the longest that there is

Indicator = gcp.monitoring.SloRequestBasedSliArgsDict


@dataclass(frozen=True)
class Objective:
    """A promise: how good requests, or records, are told from all."""

    name: str  # as in Objectives
    title: str
    indicator: Callable[[Watched], Indicator]


def _not_failed(method: str) -> Callable[[Watched], Indicator]:
    def indicator(watched: Watched) -> Indicator:
        return {
            "good_total_ratio": {
                "bad_service_filter": counted(watched, "failed", GATEWAY, metric_method=method),
                "total_service_filter": counted(watched, "answered", GATEWAY, metric_method=method),
            }
        }

    return indicator


def _in_time(watched: Watched) -> Indicator:
    return {"distribution_cut": {"distribution_filter": counted(watched, "lag"), "range": {"max": IN_TIME}}}


OBJECTIVES = (
    Objective("accepting", "Posts are not failed", _not_failed("POST")),
    Objective("storing", f"Records are stored within {IN_TIME:g} s", _in_time),
    Objective("reading", "Reads are not failed", _not_failed("GET")),
)


def objectives(
    environment: Environment, promised: Objectives, watched: pulumi.Output[Watched], inside: pulumi.ResourceOptions
) -> dict[str, pulumi.Output[str]]:
    """Makes them, and returns what Google calls each, by its name."""
    service = gcp.monitoring.CustomService(
        "records", service_id=environment.prefix, display_name=f"{environment.prefix}: records", opts=inside
    )
    return {
        objective.name: gcp.monitoring.Slo(
            objective.name,
            service=service.service_id,
            slo_id=objective.name,
            display_name=objective.title,
            goal=getattr(promised, objective.name),
            rolling_period_days=PERIOD,
            request_based_sli=watched.apply(objective.indicator),
            opts=inside,
        ).name
        for objective in OBJECTIVES
    }
