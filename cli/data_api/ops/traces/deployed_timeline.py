"""Builds the timeline of one record in a deployment: first its log lines, then the spans of the traces they name."""

from collections.abc import Sequence
from datetime import timedelta

from data_api.ops.dependencies import Dependencies
from data_api.ops.deployment import Deployment, opened
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google
from data_api.ops.logs.entries import LogReader
from data_api.ops.logs.filters import all_of, lines_of, since
from data_api.ops.logs.record_filter import record_filter
from data_api.ops.traces.cloud_trace import spans_of
from data_api.shared.errors import CliError, ExitCode
from data_api.shared.traces import timeline
from data_api.shared.traces.spans import Span
from data_api.shared.traces.timeline import Line, Timeline

_KEPT = timedelta(days=30)  # how long a project keeps logs and traces, unless somebody has changed it
_MOST_TRACES = 10  # of one record: each time that it is sent is one
_FROM_LINES = "The steps are from the log lines."
_NOT_SAMPLED = "No trace of it was sampled: the setting tracePercent is the share of requests that are."


def deployed_timeline(dependencies: Dependencies, stack: str, wanted: str) -> tuple[Timeline, str]:
    """What is known of a record or a trace, and why there are no spans, if so; raises CliError if nothing is known."""
    with opened(dependencies, stack) as (deployment, google):
        lines = _lines(LogReader(google, deployment), wanted, dependencies)
        traces = sorted({line.trace for line in lines if line.trace}) or [wanted]
        spans, reason = _spans(google, deployment, traces[:_MOST_TRACES])
    result = timeline.of(wanted, lines, spans)
    if result is None:
        raise CliError(
            f"Nothing is known about {wanted} in the stack {stack}: check the id, and note that a project keeps its "
            f"logs for {_KEPT.days} days.",
            ExitCode.NOT_FOUND,
        )
    return result, "" if spans else f"{reason or _NOT_SAMPLED} {_FROM_LINES}"


def _lines(reader: LogReader, wanted: str, dependencies: Dependencies) -> list[Line]:
    start = dependencies.now() - _KEPT
    of_record = record_filter(reader, wanted, start)
    query = all_of(lines_of(reader.deployment), since(start), of_record)
    return [entry.line() for entry in reader.read(query) if entry.event]


def _spans(google: Google, deployment: Deployment, traces: Sequence[str]) -> tuple[list[Span], str]:
    """The spans, or why they cannot be read: the log lines are enough for a timeline."""
    try:
        return [span for trace_id in traces for span in spans_of(google, deployment, trace_id)], ""
    except GoogleError as error:
        if error.reason == "SERVICE_DISABLED":
            return [], "Cloud Trace is off in the project: the setting tracePercent turns it on."
        return [], f"The trace cannot be read: {error.message}"
