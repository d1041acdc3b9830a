"""Says when somebody is told, and how urgently.

Owns the alerts and their thresholds. CRITICAL: users are failed now, somebody gets up. ERROR: today, nothing is lost
yet. WARNING: this week. The title of an alert is the heading of its runbook in docs/operations.md, where the reasons
for the thresholds are there as well. How a condition is written is `conditions`', who is told is `channels`'.
"""

from collections.abc import Callable
from dataclasses import dataclass

from deployment.monitoring.conditions import (
    COUNT,
    COUNT_BY_FUNCTION,
    FAILING_PLACES,
    HIGHEST,
    P99_BY_FUNCTION,
    TOGETHER_BY_FUNCTION,
    Condition,
    Limit,
    above,
    share_above,
)
from deployment.monitoring.watched import DATABASE, FUNCTION, GATEWAY, SUBSCRIPTION, Watched, counted, series

CRITICAL, ERROR, WARNING = "CRITICAL", "ERROR", "WARNING"

REQUESTS = "run.googleapis.com/request_count"
LATENCIES = "run.googleapis.com/request_latencies"
INSTANCES = "run.googleapis.com/container/instance_count"
OLDEST = "pubsub.googleapis.com/subscription/oldest_unacked_message_age"
UNDELIVERED = "pubsub.googleapis.com/subscription/num_undelivered_messages"
DATABASE_REQUESTS = "firestore.googleapis.com/api/request_count"
CHECKS = "monitoring.googleapis.com/uptime_check/check_passed"

FAILED_SHARE = 0.05
DATABASE_FAILED_SHARE = 0.01
SLOW = 2_000.0  # milliseconds, for a function that has nothing to wait for
SLOW_PRESENT = 12_000.0  # it waits for up to 10 s when a client asks for that, and the gateway gives up after 15
STUCK = 900.0  # seconds; 7 tries take ten and a half minutes (components.topic), so a passing fault is over by then
NEARLY_ALL = 0.8
# Faults of Firestore or of its setup; what a record is to blame for (INVALID_ARGUMENT, ALREADY_EXISTS) is not here.
DATABASE_FAULTS = (
    "ABORTED",
    "DEADLINE_EXCEEDED",
    "INTERNAL",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNKNOWN",
)


@dataclass(frozen=True)
class Alert:
    """A state of what is watched of which somebody is told."""

    name: str
    title: str
    severity: str
    conditions: Callable[[Watched], list[Condition]]


@dataclass(frozen=True)
class Burn:
    """A speed at which the budget of an objective may not burn, in both windows at once.

    The long one proves that it matters, the short one that it still goes on; the figures are those of
    https://sre.google/workbook/alerting-on-slos/ (multiwindow, multi-burn-rate): 2 % of a month's budget in an
    hour, 5 % in six.
    """

    speed: str
    severity: str
    rate: float
    windows: tuple[int, int]  # seconds


BURNS = (
    Burn("fast", CRITICAL, 14.4, (3_600, 300)),
    Burn("slowly", ERROR, 6.0, (21_600, 1_800)),
)


def unreachable(watched: Watched, check: str) -> list[Condition]:
    """More than one place of the world fails to reach /healthz."""
    checks = series(CHECKS, "uptime_url", project_id=watched.project, metric_check_id=check)
    return [above("/healthz fails from two places", checks, FAILING_PLACES, Limit(1, minutes=5))]


def _gateway_errors(watched: Watched) -> list[Condition]:
    failed, answered = counted(watched, "failed", GATEWAY), counted(watched, "answered", GATEWAY)
    return [share_above("Over 5 % of requests are failed", failed, answered, COUNT, Limit(FAILED_SHARE, minutes=10))]


def _server_errors(watched: Watched) -> list[Condition]:
    failed = series(REQUESTS, FUNCTION, service_name=watched.functions, metric_response_code_class="5xx")
    answered = series(REQUESTS, FUNCTION, service_name=watched.functions)
    title = "Over 5 % of a function's answers are 5xx"
    return [share_above(title, failed, answered, COUNT_BY_FUNCTION, Limit(FAILED_SHARE, minutes=10))]


def _slow_answers(watched: Watched) -> list[Condition]:
    quick = series(LATENCIES, FUNCTION, service_name=(watched.generate, watched.persist, watched.dead_letter))
    waiting = series(LATENCIES, FUNCTION, service_name=watched.present)
    return [
        above("generate, persist or dead_letter: 1 % take over 2 s", quick, P99_BY_FUNCTION, Limit(SLOW, minutes=15)),
        above("present: 1 % take over 12 s", waiting, P99_BY_FUNCTION, Limit(SLOW_PRESENT, minutes=15)),
    ]


def _undelivered_messages(watched: Watched) -> list[Condition]:
    ages = series(OLDEST, SUBSCRIPTION, subscription_id=watched.subscription)
    return [above("A message waits for over 15 minutes", ages, HIGHEST, Limit(STUCK, minutes=5))]


def _dead_letters(watched: Watched) -> list[Condition]:
    letters = series(UNDELIVERED, SUBSCRIPTION, subscription_id=watched.dead_letters)
    return [above("There is a dead letter", letters, HIGHEST, Limit(0, minutes=1))]


def _unstored_dead_letters(watched: Watched) -> list[Condition]:
    ages = series(OLDEST, SUBSCRIPTION, subscription_id=watched.dead_letter_subscription)
    return [above("A dead letter is not listed after 15 minutes", ages, HIGHEST, Limit(STUCK, minutes=5))]


def _firestore_errors(watched: Watched) -> list[Condition]:
    faults = series(DATABASE_REQUESTS, DATABASE, database_id=watched.database, metric_response_code=DATABASE_FAULTS)
    requests = series(DATABASE_REQUESTS, DATABASE, database_id=watched.database)
    title = "Over 1 % of Firestore's answers are errors"
    return [share_above(title, faults, requests, COUNT, Limit(DATABASE_FAILED_SHARE, minutes=10))]


def _near_the_most_instances(watched: Watched) -> list[Condition]:
    busy = series(INSTANCES, FUNCTION, service_name=watched.functions, metric_state="active")
    # One instance of one is the ordinary state; what it turns away is counted at the gateway.
    nearly = max(1.0, NEARLY_ALL * watched.max_instances)
    return [
        above("Over 80 % of a function's instances are busy", busy, TOGETHER_BY_FUNCTION, Limit(nearly, minutes=10))
    ]


ALERTS = (
    Alert("gateway-errors", "Gateway errors", ERROR, _gateway_errors),
    Alert("server-errors", "Server errors", ERROR, _server_errors),
    Alert("slow-answers", "Slow answers", WARNING, _slow_answers),
    Alert("undelivered-messages", "Undelivered messages", ERROR, _undelivered_messages),
    Alert("dead-letters", "Dead letters", ERROR, _dead_letters),
    Alert("unstored-dead-letters", "Unstored dead letters", ERROR, _unstored_dead_letters),
    Alert("firestore-errors", "Firestore errors", ERROR, _firestore_errors),
    Alert("near-the-most-instances", "Near the most instances", WARNING, _near_the_most_instances),
)
