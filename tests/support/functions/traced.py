"""Switches traces on for the length of a block, with a receiver of OTLP that keeps what comes, and a cloud behind it.

Owns that a block begins without what one before has cached. The services are `google_services`'s, the receiver is the
laptop stack's own.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
from google.pubsub_v1.types import PublishRequest, PublishResponse
from starlette.responses import Response

import generate
import persist
import present
from data_api.stack.traces.span_receiver import receiving
from data_api.stack.traces.spans import Span
from dataapi.gcp import settings
from dataapi.telemetry import export, observer
from tests.support.functions import adapters
from tests.support.functions.calls import answer, identity, request
from tests.support.servers import google_services
from tests.support.servers.google_services import Context, Services

SUBJECT, EMAIL, SECRET = "subject-of-ada", "ada@example.com", "the-payload"
CLAIMS = {"iss": "https://accounts.google.com", "sub": SUBJECT, "email": EMAIL, "exp": 4_000_000_000}
CALLER = identity({**CLAIMS, "Role": ["data.read", "data.write"]})
RECORD = {"informationOne": SECRET, "informationTwo": "two"}


@dataclass
class Cloud(Services):
    """The services, which keep what is published."""

    published: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    async def publish(self, request: PublishRequest, context: Context) -> PublishResponse:
        answered = await super().publish(request, context)
        self.published += [(message.data, dict(message.attributes)) for message in request.messages]
        return answered

    def pushed(self) -> list[bytes]:
        """All that was published, as pushes."""
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
    """What has come to the endpoint, one list for each export."""

    exports: list[list[Span]] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        return [span for export in self.exports for span in export]

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Span:
        (found,) = self.named(name)
        return found


@contextmanager
def traces_to(endpoint: str, share: str, patience: float) -> Iterator[None]:
    """For the length of the block the functions send their spans there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "PATIENCE", patience)
        patch.setenv(settings.PROJECT, adapters.PROJECT)
        patch.setenv(settings.OTLP_ENDPOINT, endpoint)
        patch.setenv("OTEL_TRACES_SAMPLER_ARG", share)
        patch.setenv("FUNCTION_TARGET", "under-test")
        _forget()
        try:
            yield
        finally:
            _forget()


@asynccontextmanager
async def traced(cloud: Cloud, share: str = "1") -> AsyncIterator[Received]:
    """The functions with this cloud behind them, their spans going to a receiver; a busy machine is waited for."""
    received = Received()
    with receiving(received.exports.append) as endpoint:
        async with traced_to(endpoint, cloud, share, patience=20.0):
            yield received


@asynccontextmanager
async def traced_to(
    endpoint: str, cloud: Cloud, share: str = "1", patience: float = export.PATIENCE
) -> AsyncIterator[None]:
    """The same with an endpoint of the test's own."""
    with traces_to(endpoint, share, patience):
        async with (
            google_services.running(cloud) as host,
            adapters.publisher_at(host, "records"),
            adapters.store_at(host),
        ):
            yield


async def post(headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    asked = {**CALLER, "content-type": "application/json", **headers}
    return await answer(generate.generate, request("POST", "/data", asked, json.dumps(RECORD).encode()))


async def get(target: str) -> Response:
    return await answer(present.present, request("GET", target, CALLER))


async def push_all(cloud: Cloud) -> list[int]:
    """At once."""
    asked = [request("POST", "/", {"content-type": "application/json"}, body) for body in cloud.pushed()]
    return [
        response.status_code for response in await asyncio.gather(*(answer(persist.persist, each) for each in asked))
    ]


def _forget() -> None:
    observer.spans.cache_clear()
    export._exporter.cache_clear()  # noqa: SLF001  one for each endpoint
    settings.access.cache_clear()
