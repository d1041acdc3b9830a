"""Converts a position in a trace: between `Trace`, OpenTelemetry's context and a request's headers."""

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, set_span_in_context
from starlette.requests import Request

from dataapi.trace_context import Trace

_TRACE_HEADERS = (b"traceparent", b"x-cloud-trace-context")


def trace_of(span: Span) -> Trace:
    """The span as a Trace, for log lines and for the next hop."""
    context = span.get_span_context()
    return Trace(f"{context.trace_id:032x}", f"{context.span_id:016x}", context.trace_flags.sampled)


def context_of(trace: Trace | None, *, is_remote: bool) -> Context:
    """OpenTelemetry's context of a parent; without a trace a span in it begins a new one."""
    if trace is None:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED if trace.sampled else TraceFlags.DEFAULT)
    parent = SpanContext(int(trace.trace_id, 16), int(trace.span_id, 16), is_remote, flags)
    return set_span_in_context(NonRecordingSpan(parent), Context())


def set_trace(request: Request, trace: Trace) -> None:
    """Replaces the trace in the request's headers."""
    others = [(name, value) for name, value in request.scope["headers"] if name not in _TRACE_HEADERS]
    request.scope["headers"] = [*others, (b"traceparent", trace.traceparent().encode())]
