"""Finds the route of a path. The paths are written as Starlette writes them: /data/{id}."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from starlette.responses import Response
from starlette.routing import compile_path

Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Response]])


@dataclass(frozen=True, slots=True)
class Route(Generic[Endpoint]):
    """A path and the handler of each method."""

    path: str
    pattern: re.Pattern[str]
    handlers: Mapping[str, Endpoint]


Routes = Sequence[Route[Endpoint]]


class Match(NamedTuple):
    """The route of a path, and the values of its parameters, none of which is empty."""

    route: Route[Any]
    parameters: Mapping[str, str]


def compiled(paths: Mapping[str, Mapping[str, Endpoint]]) -> Routes[Endpoint]:
    """Compiles paths and their handlers by method. A path with a slash at its end is another path."""
    return [Route(path, compile_path(path)[0], handlers) for path, handlers in paths.items()]


def find(routes: Routes[Any], path: str) -> Match | None:
    """The first route that matches the whole path."""
    for route in routes:
        if match := route.pattern.fullmatch(path):
            return Match(route, match.groupdict())
    return None
