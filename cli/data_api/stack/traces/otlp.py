"""Reads spans in OTLP's protobuf form, in which the functions send them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from data_api.shared.traces.spans import Span

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

_KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}  # OTLP's numbers
_SCALARS = {"string_value", "bool_value", "int_value", "double_value"}
_ERROR = 2  # the same of a status


def from_otlp(body: bytes) -> list[Span]:
    """Of an ExportTraceServiceRequest in protobuf; raises ValueError for anything else."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - for those who want traces
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415 - the same
        ExportTraceServiceRequest,
    )

    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise ValueError("no spans in OTLP's protobuf form") from error
    return [
        Span(
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            part=part,
            kind=_KINDS.get(span.kind, "unspecified"),
            name=span.name,
            start=span.start_time_unix_nano,
            end=span.end_time_unix_nano,
            failed=span.status.code == _ERROR,
            attributes=dict(_pairs(span.attributes)),
            links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        )
        for resource in request.resource_spans
        for part in [str(dict(_pairs(resource.resource.attributes)).get("service.name", ""))]
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _pairs(attributes: "Iterable[KeyValue]") -> Iterator[tuple[str, Any]]:
    return ((attribute.key, _value(attribute.value)) for attribute in attributes)


def _value(value: "AnyValue") -> Any:  # noqa: ANN401 - a text or a number, and None for what is neither
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind in _SCALARS else None
