"""Defines the alerts: their conditions, thresholds and severities.

CRITICAL: the system fails users now, react at once, also at night. ERROR: react today, nothing is lost yet. WARNING:
react this week. The title of an alert is the heading of its runbook in docs/operations.md, which also has the reasons
for the thresholds.
"""

from collections.abc import Callable
from dataclasses import dataclass

from deployment.monitoring.conditions import (
    COUNT,
    COUNT_BY_FUNCTION,
    FAILED_LOCATIONS,
    MAXIMUM,
    P99_BY_FUNCTION,
    SUM_BY_FUNCTION,
    Condition,
    Threshold,
    above,
    ratio_above,
)
from deployment.monitoring.metric_filters import (
    DATABASE,
    FUNCTION,
    GATEWAY,
    SUBSCRIPTION,
    MonitoredResources,
    log_metric_filter,
    metric_filter,
)

CRITICAL, ERROR, WARNING = "CRITICAL", "ERROR", "WARNING"

REQUEST_COUNT = "run.googleapis.com/request_count"
REQUEST_LATENCIES = "run.googleapis.com/request_latencies"
INSTANCE_COUNT = "run.googleapis.com/container/instance_count"
OLDEST_MESSAGE_AGE = "pubsub.googleapis.com/subscription/oldest_unacked_message_age"
UNDELIVERED_MESSAGES = "pubsub.googleapis.com/subscription/num_undelivered_messages"
DATABASE_REQUEST_COUNT = "firestore.googleapis.com/api/request_count"
CHECK_PASSED = "monitoring.googleapis.com/uptime_check/check_passed"

MAX_ERROR_RATIO = 0.05
MAX_DATABASE_ERROR_RATIO = 0.01
MAX_REFUSED_RATIO = 0.5  # of the requests; single callers with a wrong token stay below
MAX_LATENCY = 2_000.0  # milliseconds, of functions that do not wait
MAX_PRESENT_LATENCY = 12_000.0  # present waits up to 10 s if a client asks for that; the gateway's deadline is 15 s
MAX_MESSAGE_AGE = 900.0  # seconds; 7 attempts take ten and a half minutes (components/topic.py): a short outage is over
MAX_BUSY_RATIO = 0.8
# Errors of Firestore or its setup, without those that a record causes (INVALID_ARGUMENT, ALREADY_EXISTS).
DATABASE_ERROR_CODES = (
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
    """An alert on the metrics of a deployment."""

    name: str
    title: str
    severity: str
    conditions: Callable[[MonitoredResources], list[Condition]]


@dataclass(frozen=True)
class BurnRate:
    """An alert on the burn rate of an objective's error budget, if it is too high in both windows at once.

    The long window shows that it matters, the short one that it still continues. The values are those of
    https://sre.google/workbook/alerting-on-slos/ (multiwindow, multi-burn-rate): 2 % of a month's budget in an
    hour, 5 % in six.
    """

    speed: str
    severity: str
    rate: float
    windows: tuple[int, int]  # seconds


BURN_RATES = (
    BurnRate("fast", CRITICAL, 14.4, (3_600, 300)),
    BurnRate("slowly", ERROR, 6.0, (21_600, 1_800)),
)


def unreachable(resources: MonitoredResources, uptime_check_id: str) -> list[Condition]:
    """The uptime check of /healthz fails from more than one location."""
    checks = metric_filter(CHECK_PASSED, "uptime_url", project_id=resources.project, metric_check_id=uptime_check_id)
    return [above("/healthz fails from two places", checks, FAILED_LOCATIONS, Threshold(1, minutes=5))]


def _gateway_errors(resources: MonitoredResources) -> list[Condition]:
    failed, answered = (log_metric_filter(resources, name, GATEWAY) for name in ("failed", "answered"))
    threshold = Threshold(MAX_ERROR_RATIO, minutes=10)
    return [ratio_above("Over 5 % of requests are failed", failed, answered, COUNT, threshold)]


def _refused_callers(resources: MonitoredResources) -> list[Condition]:
    refused, answered = (log_metric_filter(resources, name, GATEWAY) for name in ("refused_callers", "answered"))
    threshold = Threshold(MAX_REFUSED_RATIO, minutes=10)
    return [ratio_above("Over half of the requests get 401 or 403", refused, answered, COUNT, threshold)]


def _server_errors(resources: MonitoredResources) -> list[Condition]:
    functions = resources.functions
    errors = metric_filter(REQUEST_COUNT, FUNCTION, service_name=functions, metric_response_code_class="5xx")
    requests = metric_filter(REQUEST_COUNT, FUNCTION, service_name=functions)
    threshold = Threshold(MAX_ERROR_RATIO, minutes=10)
    return [ratio_above("Over 5 % of a function's answers are 5xx", errors, requests, COUNT_BY_FUNCTION, threshold)]


def _slow_answers(resources: MonitoredResources) -> list[Condition]:
    without_waiting = tuple(name for name in resources.functions if name != resources.present)
    latencies = metric_filter(REQUEST_LATENCIES, FUNCTION, service_name=without_waiting)
    present_latencies = metric_filter(REQUEST_LATENCIES, FUNCTION, service_name=resources.present)
    threshold, present_threshold = Threshold(MAX_LATENCY, minutes=15), Threshold(MAX_PRESENT_LATENCY, minutes=15)
    return [
        above("generate, persist or dead_letter: 1 % take over 2 s", latencies, P99_BY_FUNCTION, threshold),
        above("present: 1 % take over 12 s", present_latencies, P99_BY_FUNCTION, present_threshold),
    ]


def _undelivered_messages(resources: MonitoredResources) -> list[Condition]:
    ages = metric_filter(OLDEST_MESSAGE_AGE, SUBSCRIPTION, subscription_id=resources.subscription)
    return [above("A message waits for over 15 minutes", ages, MAXIMUM, Threshold(MAX_MESSAGE_AGE, minutes=5))]


def _dead_letters(resources: MonitoredResources) -> list[Condition]:
    dead_letters = metric_filter(UNDELIVERED_MESSAGES, SUBSCRIPTION, subscription_id=resources.dead_letters)
    return [above("There is a dead letter", dead_letters, MAXIMUM, Threshold(0, minutes=1))]


def _new_dead_letters(resources: MonitoredResources) -> list[Condition]:
    """Opens for each further burst: the other alert stays open, and tells nobody again, until they are handled."""
    stored = log_metric_filter(resources, "dead_lettered")
    return [above("Dead letters arrive", stored, COUNT, Threshold(0, minutes=1))]


def _unstored_dead_letters(resources: MonitoredResources) -> list[Condition]:
    ages = metric_filter(OLDEST_MESSAGE_AGE, SUBSCRIPTION, subscription_id=resources.dead_letter_subscription)
    threshold = Threshold(MAX_MESSAGE_AGE, minutes=5)
    return [above("A dead letter is not listed after 15 minutes", ages, MAXIMUM, threshold)]


def _firestore_errors(resources: MonitoredResources) -> list[Condition]:
    database = resources.database
    errors = metric_filter(
        DATABASE_REQUEST_COUNT, DATABASE, database_id=database, metric_response_code=DATABASE_ERROR_CODES
    )
    requests = metric_filter(DATABASE_REQUEST_COUNT, DATABASE, database_id=database)
    threshold = Threshold(MAX_DATABASE_ERROR_RATIO, minutes=10)
    return [ratio_above("Over 1 % of Firestore's answers are errors", errors, requests, COUNT, threshold)]


def _near_the_most_instances(resources: MonitoredResources) -> list[Condition]:
    busy = metric_filter(INSTANCE_COUNT, FUNCTION, service_name=resources.functions, metric_state="active")
    # With one instance at most, one busy instance is normal; requests that it rejects are counted at the gateway.
    threshold = Threshold(max(1.0, MAX_BUSY_RATIO * resources.max_instances), minutes=10)
    return [above("Over 80 % of a function's instances are busy", busy, SUM_BY_FUNCTION, threshold)]


ALERTS = (
    Alert("gateway-errors", "Gateway errors", ERROR, _gateway_errors),
    Alert("refused-callers", "Refused callers", CRITICAL, _refused_callers),
    Alert("server-errors", "Server errors", ERROR, _server_errors),
    Alert("slow-answers", "Slow answers", WARNING, _slow_answers),
    Alert("undelivered-messages", "Undelivered messages", ERROR, _undelivered_messages),
    Alert("dead-letters", "Dead letters", ERROR, _dead_letters),
    Alert("new-dead-letters", "New dead letters", ERROR, _new_dead_letters),
    Alert("unstored-dead-letters", "Unstored dead letters", ERROR, _unstored_dead_letters),
    Alert("firestore-errors", "Firestore errors", ERROR, _firestore_errors),
    Alert("near-the-most-instances", "Near the most instances", WARNING, _near_the_most_instances),
)
