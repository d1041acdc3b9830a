"""Writes one JSON line per event to standard output, in Cloud Logging's structured form.

https://cloud.google.com/logging/docs/structured-logging. Never hand it a token, a payload, an e-mail or a user's id.
Python's own logging is left alone: the Functions Framework configures it, and with LOG_EXECUTION_ID set it disables
loggers made before.
"""

import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from dataapi.gcp import settings
from dataapi.http.dispatch import Log
from dataapi.trace_context import Trace


def logger(trace: Trace) -> Log:
    """Returns log(event, severity, **fields) for the work of one trace."""

    def log(event: str, severity: str = "INFO", **fields: Any) -> None:  # noqa: ANN401  whatever JSON can hold
        line = {
            "severity": severity,
            "message": event,
            "time": datetime.now(UTC),
            **fields,
            "logging.googleapis.com/trace": f"projects/{settings.required(settings.PROJECT)}/traces/{trace.trace_id}",
            "logging.googleapis.com/spanId": trace.span_id,
            "logging.googleapis.com/trace_sampled": trace.sampled,
        }
        sys.stdout.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE).decode())
        sys.stdout.flush()

    return log
