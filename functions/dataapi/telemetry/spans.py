"""Makes spans with OpenTelemetry: when each begins and ends, and what its parent is."""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

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
from dataapi.gcp.logs import Logger
from dataapi.group_commit import GroupCommit, GroupLimits
from dataapi.http.headers import header_values
from dataapi.http.routing import Routes
from dataapi.messages.push import Delivery
from dataapi.telemetry import attributes
from dataapi.telemetry.context import context_of, set_trace, trace_of
from dataapi.telemetry.export import Exporter, resource, sampler
from dataapi.telemetry.observer import Item, Observer, Parameters, Publish, Result, Send, Submit
from dataapi.trace_context import Trace

_SERVER_ERROR = 500


@dataclass(slots=True)
class _Work:
    """The work for one request: when it began, and its span once there is one."""

    start: int  # nanoseconds since 1970
    span: Span | None = None


_current: ContextVar[_Work | None] = ContextVar("_current", default=None)


class Spans(Observer):
    """The spans of this instance and their exporter."""

    def __init__(self, logger: Logger) -> None:
        self._exporter = Exporter(logger)
        provider = TracerProvider(sampler=sampler(), resource=resource(), shutdown_on_exit=False)
        provider.add_span_processor(self._exporter.processor)
        self._tracer: Tracer = provider.get_tracer("data-api")

    async def serving(
        self, request: Request, routes: Routes[Any], respond: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Makes a SERVER span of a request for records, which is sent before the answer if that is quick.

        The span of a push begins in `received`.
        """
        work = _Work(time.time_ns())
        route = attributes.route_of(request, routes)
        if route.startswith("/data"):
            work.span = self._server_span(request, route, work.start)
            set_trace(request, trace_of(work.span))
        token = _current.set(work)
        try:
            response = await respond()
            if work.span:
                _set_status(work.span, response.status_code)
        finally:
            _current.reset(token)
            if work.span:
                work.span.end()
        if work.span and trace_of(work.span).sampled:
            await self._exporter.flush()
        return response

    def received(self, delivery: Delivery) -> Trace:
        """Begins the CONSUMER span of a delivery, with the time at which its request arrived."""
        work = _current.get() or _Work(time.time_ns())
        name, values = attributes.processing(delivery)
        parent = context_of(trace_context.parse(delivery.attributes), is_remote=True)
        work.span = self._tracer.start_span(name, parent, SpanKind.CONSUMER, attributes=values, start_time=work.start)
        return trace_of(work.span)

    def publishing(self, publish: Publish, topic: str) -> Publish:
        """Makes a PRODUCER span of each call, whose context the messages carry."""

        async def publish_traced(messages: Sequence[bytes], trace: Trace) -> int:
            parent = context_of(trace, is_remote=False)
            name, values = attributes.sending(topic, len(messages))
            span = self._tracer.start_span(name, parent, SpanKind.PRODUCER, attributes=values)
            with _ended(span):
                group_size = await publish(messages, trace_of(span))
                span.set_attribute("data_api.group_size", group_size)
                return group_size

        return publish_traced

    def writing(self, send: Send[Item, Result], limits: GroupLimits) -> Submit[Item, Result]:
        """Makes a CLIENT span of each call of `send`, with links to the spans of the requests it serves.

        It belongs to the trace of the first of them; the spans of the others link to it.
        """

        async def send_traced(pairs: Sequence[tuple[Item, Span | None]]) -> Sequence[Result]:
            served = list({id(span): span for _, span in pairs if span is not None and span.is_recording()}.values())
            if not served:  # none is sampled
                return await send([item for item, _ in pairs])
            links = [Link(span.get_span_context()) for span in served]
            span = self._client_span("BatchWrite", served[0], links)
            if len(pairs) > 1:
                span.set_attribute("db.operation.batch.size", len(pairs))
            for other in served[1:]:
                other.add_link(span.get_span_context())
            with _ended(span):
                return await send([item for item, _ in pairs])

        group_commit = GroupCommit(send_traced, limits)

        async def submit(items: Sequence[Item], size: int) -> tuple[Sequence[Result], int]:
            span = _current_span()
            return await group_commit.submit([(item, span) for item in items], size)

        return submit

    def reading(
        self, read: Callable[Parameters, Awaitable[Result]], operation: str
    ) -> Callable[Parameters, Awaitable[Result]]:
        """Makes a CLIENT span of each call."""

        async def read_traced(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            with _ended(self._client_span(operation, _current_span(), [])):
                return await read(*args, **kwargs)

        return read_traced

    def _server_span(self, request: Request, route: str, start: int) -> Span:
        name, values = attributes.serving(request, route)
        parent = context_of(trace_context.parse(header_values(request)), is_remote=True)
        return self._tracer.start_span(name, parent, SpanKind.SERVER, attributes=values, start_time=start)

    def _client_span(self, operation: str, parent: Span | None, links: Sequence[Link]) -> Span:
        name, values = attributes.calling(operation, settings.required(settings.DATABASE))
        context = set_span_in_context(parent, Context()) if parent else Context()
        return self._tracer.start_span(name, context, SpanKind.CLIENT, attributes=values, links=links)


def _current_span() -> Span | None:
    work = _current.get()
    return work.span if work else None


def _set_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= _SERVER_ERROR:
        span.set_attribute("error.type", str(status))
        span.set_status(Status(StatusCode.ERROR))


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    """Ends the span with the block. Of an error it records the type only: a text may hold what a client sent."""
    try:
        yield
    except Exception as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        span.end()
