"""Defines what a function reports about its work. This observer ignores it; `spans.Spans` makes spans of it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from dataapi import trace_context
from dataapi.group_commit import GroupCommit, GroupLimits
from dataapi.messages.push import Delivery
from dataapi.trace_context import Trace

if TYPE_CHECKING:
    from dataapi.http.routing import Routes

Item = TypeVar("Item")
Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")
Publish = Callable[[Sequence[bytes], Trace], Awaitable[int]]
Send = Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]
Submit = Callable[[Sequence[Item], int], Awaitable[tuple[Sequence[Result], int]]]


class Observer:
    """Observes nothing and adds no call to a request's path."""

    def serving(
        self,
        request: Request,  # noqa: ARG002  an override needs it
        routes: "Routes[Any]",  # noqa: ARG002  the same
        respond: Callable[[], Awaitable[Response]],
    ) -> Awaitable[Response]:
        """What `respond` returns. May replace the request's trace headers before it calls `respond`."""
        return respond()

    def received(self, delivery: Delivery) -> Trace:
        """The trace in which a delivery is processed: that of its message."""
        return trace_context.read(delivery.attributes)

    def publishing(self, publish: Publish, topic: str) -> Publish:  # noqa: ARG002  as above
        """Wraps the function that publishes."""
        return publish

    def writing(self, send: Send[Item, Result], limits: GroupLimits) -> Submit[Item, Result]:
        """A group commit's `submit`, with `send` wrapped."""
        return GroupCommit(send, limits).submit

    def reading(
        self,
        read: Callable[Parameters, Awaitable[Result]],
        operation: str,  # noqa: ARG002  as above
    ) -> Callable[Parameters, Awaitable[Result]]:
        """Wraps a function that reads from Firestore."""
        return read
