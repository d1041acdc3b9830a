"""Asks a function once, to see that it answers rightly before it is measured, and to learn a page's token or tag."""

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

TIMEOUT = 30.0  # seconds; the first answer takes a cold client


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401  JSON is of any type
        """The body's value."""
        return json.loads(self.body)


def ask(port: int, request: Request) -> Answer:
    """Raises OSError or HTTPException where nobody answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request(request.method, request.path, b"".join(request.body) or None, dict(request.headers))
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())


def expect(running: Running, request: Request, status: int) -> Answer:
    """Refuses with CliError another status."""
    answer = ask(running.port, request)
    if answer.status != status:
        raise CliError(f"The {running.name} answers {answer.status} instead of {status}: {answer.body[:500]!r}")
    return answer
