"""Sends single requests to a function: to check its responses before measuring, and to get page tokens and ETags."""

import contextlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.harness.load import Request
from bench.harness.processes import Running
from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK

TIMEOUT = 30.0  # seconds; before the first response the function creates its client


@dataclass(frozen=True)
class Response:
    """A response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401  JSON is of any type
        """The body as JSON."""
        return json.loads(self.body)


def ask(port: int, request: Request) -> Response:
    """Sends a request; raises OSError or HTTPException if there is no response."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request(request.method, request.path, b"".join(request.body) or None, dict(request.headers))
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, headers, response.read())


def expect(running: Running, request: Request, status: int) -> Response:
    """Sends a request; raises CliError if the response has another status."""
    response = ask(running.port, request)
    if response.status != status:
        raise CliError(f"{running.name} answered {response.status} instead of {status}: {response.body[:500]!r}")
    return response
