"""A function that does nothing, to measure the Functions Framework itself with an asynchronous function."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response


@functions_framework.aio.http
async def bare(_: Request) -> Response:
    """Answers every request with 202 and a fixed body."""
    return Response(b'{"id": "0"}', 202, media_type="application/json")
