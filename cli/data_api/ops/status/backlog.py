"""Reads how many messages wait for `persist`, and for how long, from Cloud Monitoring.

The metrics of Pub/Sub are sampled every minute and are some minutes old (https://cloud.google.com/monitoring/api/metrics_gcp).
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from data_api.ops.errors import GoogleError
from data_api.ops.google_api import written
from data_api.ops.status.part import UNKNOWN, Context, Part

NAME = "backlog"
LATE = 900  # seconds, as in the alert Undelivered messages (infra/deployment/monitoring/alerts.py)
_WINDOW = timedelta(minutes=10)
_FEWEST = 3  # samples of which one can say that they grow
_METRIC = "pubsub.googleapis.com/subscription"
_MINUTE = 60  # seconds
_NOT_FOUND = 404


def read_backlog(context: Context) -> Part:
    """It needs attention if the oldest message is late, or the number has grown in every minute of the window."""
    counts = _samples(context, "num_undelivered_messages")
    ages = _samples(context, "oldest_unacked_message_age")
    if not counts:
        return Part(NAME, None, UNKNOWN, f"no data of the last {_WINDOW.seconds // _MINUTE} minutes")
    age = ages[-1] if ages else 0
    is_growing = len(counts) >= _FEWEST and all(later > earlier for earlier, later in pairwise(counts))
    is_late = age >= LATE
    return Part(
        NAME,
        ok=not (is_late or is_growing),
        state="late" if is_late else "growing" if is_growing else "ok",
        message=_message(counts, age),
        fields={
            "undeliveredMessages": counts[-1],
            "oldestUnackedMessageAgeSeconds": age,
            "growing": is_growing,
        },
    )


def _samples(context: Context, metric: str) -> Sequence[int]:
    """The values of the window, the oldest first; raises GoogleError."""
    parameters = {
        "filter": f'metric.type="{_METRIC}/{metric}" AND '
        f'resource.labels.subscription_id="{context.deployment.subscription}"',
        "interval.startTime": written(context.now - _WINDOW),
        "interval.endTime": written(context.now),
    }
    path = f"/v3/projects/{context.deployment.project}/timeSeries"
    try:
        answer = context.google.get("monitoring", path, parameters)
    except GoogleError as error:
        if error.status != _NOT_FOUND:
            raise
        return []  # nothing has ever been measured
    points = [point for series in answer.get("timeSeries", [])[:1] for point in series.get("points", [])]
    return [int(point["value"]["int64Value"]) for point in reversed(points)]  # Google's newest is first


def _message(counts: Sequence[int], age: int) -> str:
    waiting = f"{counts[-1]:,} undelivered"
    if not counts[-1]:
        return waiting
    minutes, seconds = divmod(age, _MINUTE)
    oldest = f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
    return f"{waiting}, the oldest for {oldest}; {counts[0]:,} some {_WINDOW.seconds // _MINUTE} minutes before"
