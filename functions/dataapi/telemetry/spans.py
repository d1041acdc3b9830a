"""Makes spans with OpenTelemetry: when each begins and ends, and what it belongs to.

What a span says is `span_attributes`'s, where in a trace it stands `span_places`'s, sending is `span_export`'s, whether
there are any `tracing`'s.
"""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    set_span_in_context,
)
from starlette.requests import Request
from starlette.responses import Response

from dataapi import trace_context
from dataapi.gcp import settings
from dataapi.group_commit import Grouped, Limits
from dataapi.http.dispatch import Routes
from dataapi.messages.push import Delivery
from dataapi.telemetry import attributes
from dataapi.telemetry.context import carry, context, of
from dataapi.telemetry.export import Sending, resource, sampler
from dataapi.trace_context import Trace

Item = TypeVar("Item")
Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")
Publish = Callable[[Sequence[bytes], Trace], Awaitable[int]]
Send = Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]
Group = Callable[[Sequence[Item], int], Awaitable[tuple[Sequence[Result], int]]]

_SERVER_FAULT = 500


@dataclass(slots=True)
class _Work:
    """What is done for one request: when it began, and the span in which it is done once there is one."""

    began: int  # nanoseconds since 1970
    span: Span | None = None


_current: ContextVar[_Work | None] = ContextVar("_current", default=None)


class Spans:
    """The spans of this instance, on their way."""

    def __init__(self) -> None:
        self._sending = Sending()
        provider = TracerProvider(sampler=sampler(), resource=resource(), shutdown_on_exit=False)
        provider.add_span_processor(self._sending.processor)
        self._tracer: Tracer = provider.get_tracer("data-api")

    async def served(self, request: Request, routes: Routes, go: Callable[[], Awaitable[Response]]) -> Response:
        """What `go` answers, in a SERVER span if the request is for records. A push's begins in `received`."""
        work = _Work(time.time_ns())
        route = attributes.route_of(request, routes)
        if route.startswith("/data"):
            work.span = self._server_span(request, route, work.began)
            carry(request, of(work.span))
        token = _current.set(work)
        try:
            response = await go()
            if work.span:
                _tell_status(work.span, response.status_code)
        finally:
            _current.reset(token)
            if work.span:
                work.span.end()
        if work.span and of(work.span).sampled:
            await self._sending.flush()
        return response

    def received(self, delivery: Delivery) -> Trace:
        """Begins the CONSUMER span of a message's delivery, as of the arrival of its request."""
        work = _current.get() or _Work(time.time_ns())
        name, values = attributes.processing(delivery)
        parent = context(trace_context.given(delivery.attributes), is_remote=True)
        work.span = self._tracer.start_span(name, parent, SpanKind.CONSUMER, attributes=values, start_time=work.began)
        return of(work.span)

    def publishing(self, publish: Publish, topic: str) -> Publish:
        """The same in a PRODUCER span, whose context the messages carry."""

        async def traced(messages: Sequence[bytes], here: Trace) -> int:
            parent = context(here, is_remote=False)
            name, values = attributes.sending(topic, len(messages))
            span = self._tracer.start_span(name, parent, SpanKind.PRODUCER, attributes=values)
            with _ended(span):
                group_size = await publish(messages, of(span))
                span.set_attribute("data_api.group_size", group_size)
                return group_size

        return traced

    def writing(self, send: Send[Item, Result], limits: Limits) -> Group[Item, Result]:
        """Groups whose every call of `send` has a CLIENT span, with links to the spans of the requests it served.

        It stands in the trace of the first of them; the spans of the others link to it.
        """

        async def send_traced(pairs: Sequence[tuple[Item, Span | None]]) -> Sequence[Result]:
            served = list({id(span): span for _, span in pairs if span is not None and span.is_recording()}.values())
            if not served:  # none was chosen
                return await send([item for item, _ in pairs])
            links = [Link(span.get_span_context()) for span in served]
            span = self._client_span("BatchWrite", served[0], links)
            if len(pairs) > 1:
                span.set_attribute("db.operation.batch.size", len(pairs))
            for other in served[1:]:
                other.add_link(span.get_span_context())
            with _ended(span):
                return await send([item for item, _ in pairs])

        grouped = Grouped(send_traced, limits)

        async def write(items: Sequence[Item], size: int) -> tuple[Sequence[Result], int]:
            here = _here()
            return await grouped([(item, here) for item in items], size)

        return write

    def reading(
        self, read: Callable[Parameters, Awaitable[Result]], operation: str
    ) -> Callable[Parameters, Awaitable[Result]]:
        """The same in a CLIENT span."""

        async def traced(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            with _ended(self._client_span(operation, _here(), [])):
                return await read(*args, **kwargs)

        return traced

    def _server_span(self, request: Request, route: str, began: int) -> Span:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
        name, values = attributes.serving(request, route)
        parent = context(trace_context.given(headers), is_remote=True)
        return self._tracer.start_span(name, parent, SpanKind.SERVER, attributes=values, start_time=began)

    def _client_span(self, operation: str, parent: Span | None, links: Sequence[Link]) -> Span:
        name, values = attributes.calling(operation, settings.required(settings.DATABASE))
        below = set_span_in_context(parent, Context()) if parent else Context()
        return self._tracer.start_span(name, below, SpanKind.CLIENT, attributes=values, links=links)


def _here() -> Span | None:
    work = _current.get()
    return work.span if work else None


def _tell_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= _SERVER_FAULT:
        span.set_attribute("error.type", str(status))
        span.set_status(Status(StatusCode.ERROR))


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    """The span is over with the block. Of a fault it tells the kind: a text may hold what a client sent."""
    try:
        yield
    except Exception as fault:
        span.set_attribute("error.type", type(fault).__name__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        span.end()
