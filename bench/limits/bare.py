"""Answers without work: what the Functions Framework itself takes for an asynchronous function."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response


@functions_framework.aio.http
async def bare(_: Request) -> Response:
    """Answers one request."""
    return Response(b'{"id": "0"}', 202, media_type="application/json")
