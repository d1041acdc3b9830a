"""Says where in a trace something stands: in our form, in OpenTelemetry's, and in a request's headers.

The W3C form and what is read of it are `trace`'s; which spans there are is `spans`'s.
"""

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, set_span_in_context
from starlette.requests import Request

from dataapi.trace_context import Trace

_CARRIERS = (b"traceparent", b"x-cloud-trace-context")


def of(span: Span) -> Trace:
    """The span as a trace's place, for lines and for the next one on the way."""
    context = span.get_span_context()
    return Trace(f"{context.trace_id:032x}", f"{context.span_id:016x}", context.trace_flags.sampled)


def context(given: Trace | None, *, is_remote: bool) -> Context:
    """Of OpenTelemetry: the place below which a span begins; without one it begins a trace."""
    if given is None:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED if given.sampled else TraceFlags.DEFAULT)
    place = SpanContext(int(given.trace_id, 16), int(given.span_id, 16), is_remote, flags)
    return set_span_in_context(NonRecordingSpan(place), Context())


def carry(request: Request, here: Trace) -> None:
    """From now on the request comes from this place, for all that read its headers."""
    kept = [(name, value) for name, value in request.scope["headers"] if name not in _CARRIERS]
    request.scope["headers"] = [*kept, (b"traceparent", here.traceparent().encode())]
