"""Writes filters in Cloud Logging's query language (https://cloud.google.com/logging/docs/view/logging-query-language).

Owns which entries are log lines of a deployment: what the functions write, what Cloud Run says of an instance, and of
the log of requests those with a text, which says why Cloud Run itself rejected or ended a request.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from data_api.ops.deployment import Deployment
from data_api.ops.google_api import written

_WRITTEN = ("stdout", "stderr", "varlog%2Fsystem")


def all_of(*conditions: str) -> str:
    """The entries that meet every condition that is not empty."""
    return " AND ".join(condition for condition in conditions if condition)


def any_of(*conditions: str) -> str:
    """The entries that meet one of the conditions."""
    return f"({' OR '.join(conditions)})"


def equals(field: str, values: Iterable[str]) -> str:
    """The entries whose field has one of these values."""
    return f"{field}=({' OR '.join(json.dumps(value) for value in values)})"


def lines_of(deployment: Deployment, functions: Iterable[str] = ()) -> str:
    """The log lines of these functions, by their short names; of all functions if none is named."""
    services = [deployment.functions[name] for name in functions] or deployment.functions.values()
    requests = f'({equals("logName", [_log(deployment, "requests")])} AND textPayload=~".")'
    return all_of(
        'resource.type="cloud_run_revision"',
        equals("resource.labels.service_name", services),
        any_of(equals("logName", [_log(deployment, name) for name in _WRITTEN]), requests),
    )


def since(moment: datetime) -> str:
    """The entries of this time or later, by the time of the event."""
    return f'timestamp>="{written(moment)}"'


def received_since(moment: datetime) -> str:
    """The entries that Cloud Logging has received since then, whenever their event was."""
    return f'receiveTimestamp>="{written(moment)}"'


def at_least(severity: str | None) -> str:
    """The entries of this severity or a higher one; all without a severity."""
    return f"severity>={severity}" if severity else ""


def _log(deployment: Deployment, name: str) -> str:
    return f"projects/{deployment.project}/logs/run.googleapis.com%2F{name}"
