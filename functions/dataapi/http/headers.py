"""Reads the headers of a request. Of a header that was sent more than once the first value counts, everywhere."""

from collections.abc import Mapping

from starlette.requests import Request


def header_values(request: Request) -> Mapping[str, str]:
    """The first value of each header, by name in lower case."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(request.scope["headers"])}
