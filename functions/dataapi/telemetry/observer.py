"""Switches traces on: the places in which a span begins and ends, whether or not there are spans.

Off, each of these is what it would be without traces, and nothing of OpenTelemetry is imported. On, where the
environment names an endpoint for spans (`settings`), the work is `spans`'s.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from dataapi import trace_context
from dataapi.gcp import logs, settings
from dataapi.group_commit import Grouped, Limits
from dataapi.http.dispatch import Routes, answer
from dataapi.messages.push import Delivery
from dataapi.trace_context import Trace

if TYPE_CHECKING:
    from dataapi.telemetry.spans import Spans

Item = TypeVar("Item")
Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")
Publish = Callable[[Sequence[bytes], Trace], Awaitable[int]]
Send = Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]
Group = Callable[[Sequence[Item], int], Awaitable[tuple[Sequence[Result], int]]]


@cache
def spans() -> "Spans | None":
    """What makes spans and sends them; None where traces are off."""
    if not settings.traces():
        return None
    from dataapi.telemetry.spans import Spans  # noqa: PLC0415  0.2 s of a cold start, for those who want traces

    return Spans()


async def answered(request: Request, routes: Routes, origins: frozenset[str]) -> Response:
    """What `http.answer` answers. Its span is over and sent when this returns, if sending does not take too long."""
    on = spans()
    go = partial(answer, request, routes, origins, logs.logger)
    return await (go() if on is None else on.served(request, routes, go))


def received(delivery: Delivery) -> Trace:
    """The trace in which a delivery is worked on, which is its message's."""
    on = spans()
    return trace_context.read(delivery.attributes) if on is None else on.received(delivery)


def publishing(publish: Publish, topic: str) -> Publish:
    """The same, in a span whose context the messages carry."""
    on = spans()
    return publish if on is None else on.publishing(publish, topic)


def writing(send: Send[Item, Result], limits: Limits) -> Group[Item, Result]:
    """What lets requests share calls of `send`, each call in a span that links to every request it served."""
    on = spans()
    return Grouped(send, limits) if on is None else on.writing(send, limits)


def reading(read: Callable[Parameters, Awaitable[Result]], operation: str) -> Callable[Parameters, Awaitable[Result]]:
    """The same, in a span."""
    on = spans()
    return read if on is None else on.reading(read, operation)
