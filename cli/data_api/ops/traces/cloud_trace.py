"""Reads spans from Cloud Trace (https://cloud.google.com/trace/docs/reference/v1/rest/v1/projects.traces).

Owns the form of version 1, the only one that reads: ids of spans are decimal numbers, attributes are texts, and there
are no links. It knows the kinds of servers and clients only; what the functions send and process is told by attributes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from data_api.ops.deployment import Deployment
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google, Json
from data_api.shared.traces.spans import Span

_KINDS = {"RPC_SERVER": "server", "RPC_CLIENT": "client"}
_OPERATIONS = {"send": "producer", "process": "consumer"}
_STATUS, _ERROR = "http.response.status_code", "error.type"
_NAMES = {"/http/status_code": _STATUS, "/error/name": _ERROR}  # of attributes, where Cloud Trace has its own
_NUMBERS = (_STATUS, "data_api.group_size")
_SERVICES = ("service.name", "g.co/r/cloud_run_revision/service_name")
_NOT_FOUND, _SERVER_ERROR = 404, 500


def spans_of(google: Google, deployment: Deployment, trace_id: str) -> list[Span]:
    """The spans of a trace; none if it was not sampled. Raises GoogleError."""
    try:
        trace = google.get("cloudtrace", f"/v1/projects/{deployment.project}/traces/{trace_id}")
    except GoogleError as error:
        if error.status == _NOT_FOUND:
            return []
        raise
    return [_span(trace_id, content, deployment) for content in trace.get("spans", [])]


def _span(trace_id: str, content: Json, deployment: Deployment) -> Span:
    attributes = dict(_attribute(label, text) for label, text in content.get("labels", {}).items())
    service = next((str(attributes[name]) for name in _SERVICES if name in attributes), "")
    status = attributes.get(_STATUS)
    return Span(
        trace_id=trace_id,
        span_id=_hexadecimal(content["spanId"]),
        parent_id=_hexadecimal(content.get("parentSpanId") or "0"),
        part=deployment.part(service),
        kind=_kind(content.get("kind", ""), attributes),
        name=content.get("name", ""),
        start=_nanoseconds(content["startTime"]),
        end=_nanoseconds(content["endTime"]),
        failed=_ERROR in attributes or (isinstance(status, int) and status >= _SERVER_ERROR),
        attributes=attributes,
        links=(),
    )


def _kind(kind: str, attributes: Mapping[str, Any]) -> str:
    operation = _OPERATIONS.get(str(attributes.get("messaging.operation.type")))
    return operation or _KINDS.get(kind) or ("client" if "db.system.name" in attributes else "internal")


def _attribute(label: str, text: str) -> tuple[str, str | int]:
    """A status or a count becomes a number; ids look like numbers, too, and stay texts."""
    name = _NAMES.get(label, label)
    return name, int(text) if name in _NUMBERS and text.isdecimal() else text


def _hexadecimal(number: str) -> str:
    """As in log lines; nothing for 0, which is no span."""
    return f"{int(number):016x}" if int(number) else ""


def _nanoseconds(time: str) -> int:
    whole, _, fraction = time.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
