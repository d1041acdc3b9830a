"""Writes one JSON line per event to standard output, in Cloud Logging's structured form.

https://cloud.google.com/logging/docs/structured-logging. Never pass it a token, a payload, an e-mail or a user's id.
Python's own logging is not used: the Functions Framework configures it, and with LOG_EXECUTION_ID set it disables
loggers made before.
"""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

from dataapi.http.dispatch import Log
from dataapi.trace_context import Trace


class Logger:
    """Makes the log functions of one project; `output` is standard output unless a test gives another."""

    def __init__(self, project: str, output: TextIO | None = None) -> None:
        self._project = project
        self._output = output

    def __call__(self, trace: Trace) -> Log:
        """Returns log(event, severity, **fields) for one trace."""

        def log(event: str, severity: str = "INFO", **fields: Any) -> None:  # noqa: ANN401  whatever JSON can hold
            context = {
                "logging.googleapis.com/trace": f"projects/{self._project}/traces/{trace.trace_id}",
                "logging.googleapis.com/spanId": trace.span_id,
                "logging.googleapis.com/trace_sampled": trace.sampled,
            }
            _write(self._output or sys.stdout, event, severity, {**fields, **context})

        return log


def startup_log(event: str, severity: str = "INFO", **fields: Any) -> None:  # noqa: ANN401  as above
    """Logs an event of a function that could not be composed: its project may not be known."""
    _write(sys.stdout, event, severity, fields)


def _write(output: TextIO, event: str, severity: str, fields: Mapping[str, Any]) -> None:
    line = {"severity": severity, "message": event, "time": datetime.now(UTC), **fields}
    output.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE).decode())
    output.flush()
