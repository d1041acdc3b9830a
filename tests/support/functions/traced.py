"""Switches traces on for the length of a block, with a receiver of OTLP that collects spans, and fake services.

Every block composes the functions anew. The receiver is the laptop stack's own.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
from google.pubsub_v1.types import PublishRequest, PublishResponse
from starlette.responses import Response

import generate
import persist
import present
from data_api.shared.traces.spans import Span
from data_api.stack.traces.span_receiver import receiving
from dataapi.gcp import settings
from dataapi.telemetry import export
from tests.support.functions import adapters
from tests.support.functions.calls import answer, identity, request
from tests.support.records import record_with
from tests.support.servers import google_services
from tests.support.servers.google_services import Context, Services

SUBJECT, EMAIL, SECRET = "subject-of-ada", "ada@example.com", "the-payload"
CLAIMS = {"iss": "https://accounts.google.com", "sub": SUBJECT, "email": EMAIL, "exp": 4_000_000_000}
CALLER = identity({**CLAIMS, "Role": ["data.read", "data.write"]})


@dataclass
class Cloud(Services):
    """The fake services; records what is published."""

    published: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    async def publish(self, request: PublishRequest, context: Context) -> PublishResponse:
        response = await super().publish(request, context)
        self.published += [(message.data, dict(message.attributes)) for message in request.messages]
        return response

    def pushed(self) -> list[bytes]:
        """The published messages, as pushes."""
        return [
            json.dumps(
                {
                    "message": {
                        "data": base64.b64encode(data).decode(),
                        "messageId": str(number),
                        "attributes": attributes,
                    },
                    "deliveryAttempt": 2,
                }
            ).encode()
            for number, (data, attributes) in enumerate(self.published)
        ]


@dataclass
class Received:
    """The spans that the endpoint received, one list for each export."""

    exports: list[list[Span]] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        return [span for export in self.exports for span in export]

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Span:
        (span,) = self.named(name)
        return span


@asynccontextmanager
async def traced(cloud: Cloud, share: str = "1") -> AsyncIterator[Received]:
    """The functions with these services behind them, which send their spans to a receiver; a request waits for that."""
    received = Received()
    with receiving(received.exports.append) as endpoint:
        async with traced_to(endpoint, cloud, share, wait=20.0):
            yield received


@asynccontextmanager
async def traced_to(endpoint: str, cloud: Cloud, share: str = "1", wait: float = export.TIMEOUT) -> AsyncIterator[None]:
    """The same with an endpoint that the test passes."""
    environ = {
        settings.OTLP_ENDPOINT: endpoint,
        "OTEL_TRACES_SAMPLER_ARG": share,
        "FUNCTION_TARGET": "under-test",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "TIMEOUT", wait)
        export._otlp_exporter.cache_clear()  # noqa: SLF001  one for each endpoint
        async with (
            google_services.running(cloud) as host,
            adapters.composed(generate, persist, present, host=host, **environ),
        ):
            yield


async def post(headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    all_headers = {**CALLER, "content-type": "application/json", **headers}
    return await answer(
        generate.generate, request("POST", "/data", all_headers, json.dumps(record_with(SECRET)).encode())
    )


async def get(target: str) -> Response:
    return await answer(present.present, request("GET", target, CALLER))


async def push_all(cloud: Cloud) -> list[int]:
    """Pushes all published messages at once; returns the statuses."""
    pushes = [request("POST", "/", {"content-type": "application/json"}, body) for body in cloud.pushed()]
    responses = await asyncio.gather(*(answer(persist.persist, push) for push in pushes))
    return [response.status_code for response in responses]
