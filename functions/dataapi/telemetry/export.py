"""Exports spans by OTLP/HTTP before the request is answered, since the cloud takes the CPU away after the answer.

A request waits for a moment at most, and requests that end while an export is running share the next one. While an
export is slow, later requests do not wait; after one that failed, none is tried for a while. No request fails because
of an export.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections import deque
from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit

import google.auth
from google.auth.transport.requests import AuthorizedSession
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import INVALID_SPAN_CONTEXT

from dataapi.errors import Unavailable
from dataapi.gcp import settings
from dataapi.gcp.logs import Logger
from dataapi.group_commit import GroupCommit, GroupLimits
from dataapi.trace_context import Trace

TIMEOUT = 0.5  # seconds that a request waits for its spans to be sent
PAUSE = 10.0  # seconds without an export, after one that failed
MAX_SPANS = 2_048  # that wait to be sent; of more the oldest are dropped
_EXPORT_TIMEOUT = 2.0  # seconds, of one export and its retries together
_LIMITS = GroupLimits(items=512, size=0, wait=60.0)  # also when no request waits for them any more
_SCOPE = "https://www.googleapis.com/auth/trace.append"


class Exporter:
    """Keeps ended spans until they are sent."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger
        self._ended: deque[ReadableSpan] = deque(maxlen=MAX_SPANS)
        self._group_commit = GroupCommit(self._send, _LIMITS)
        self._started: float | None = None  # the export that is running
        self._pause_until = 0.0
        self.processor = _Collector(self._ended)
        logging.getLogger(
            "opentelemetry"
        ).propagate = False  # its lines have no structure; `spans_dropped` replaces them
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())

    async def flush(self) -> None:
        """Returns when the ended spans are sent, by whichever request, or after TIMEOUT, or if exports are failing."""
        if not self._ended or self._is_failing():
            return
        spans = [*self._ended]
        self._ended.clear()
        with contextlib.suppress(TimeoutError, Unavailable, RuntimeError):  # the last where the process ends
            async with asyncio.timeout(TIMEOUT):
                await self._group_commit.submit(spans, 0)

    def _is_failing(self) -> bool:
        """Whether the last export failed a moment ago, or the running one is slow."""
        now = time.monotonic()
        return now < self._pause_until or (self._started is not None and now > self._started + TIMEOUT)

    async def _send(self, spans: Sequence[ReadableSpan]) -> Sequence[None]:
        """Raises nothing: requests that wait are released in any case."""
        self._started = time.monotonic()
        reason = await asyncio.to_thread(_export, spans)
        self._started = None
        if reason:
            self._pause_until = time.monotonic() + PAUSE
            self._logger(_trace_of_first(spans))("spans_dropped", "WARNING", spans=len(spans), reason=reason)
        return [None] * len(spans)


class _Collector(SpanProcessor):
    def __init__(self, ended: deque[ReadableSpan]) -> None:
        self._ended = ended

    def on_end(self, span: ReadableSpan) -> None:
        self._ended.append(span)


def sampler() -> Sampler | None:
    """A share of all traces; None if OTEL_TRACES_SAMPLER names a sampler, which the SDK reads itself.

    A sampled trace stays sampled. One that is not has the same chance as a new one: in front of the functions the cloud
    puts a traceparent into every request, and samples next to none itself. The trace's id decides, so that all
    functions decide alike.
    """
    if os.environ.get(OTEL_TRACES_SAMPLER):
        return None
    share = TraceIdRatioBased(settings.trace_share())
    return ParentBased(share, remote_parent_not_sampled=share)


def resource() -> Resource:
    """The service that makes the spans."""
    name = os.environ.get("K_SERVICE") or os.environ.get("FUNCTION_TARGET") or "data-api"
    service = {} if os.environ.get(OTEL_SERVICE_NAME) else {"service.name": name}
    return Resource.create({**service, "gcp.project_id": settings.required(settings.PROJECT)})


def _export(spans: Sequence[ReadableSpan]) -> str | None:
    """Why the export failed, or None. Runs in a thread: it waits for the network, at first for a credential."""
    try:
        return (
            None if _otlp_exporter().export(spans) is SpanExportResult.SUCCESS else "the endpoint did not accept them"
        )
    except Exception as error:  # noqa: BLE001  whatever it is, no request fails because of it
        return type(error).__name__


def _trace_of_first(spans: Sequence[ReadableSpan]) -> Trace:
    context = spans[0].get_span_context() or INVALID_SPAN_CONTEXT
    return Trace(f"{context.trace_id:032x}", f"{context.span_id:016x}", sampled=True)


@cache
def _otlp_exporter() -> OTLPSpanExporter:
    endpoint = os.environ.get(settings.TRACES_ENDPOINT) or os.environ[settings.OTLP_ENDPOINT]
    host = urlsplit(endpoint).hostname or ""
    timeout = None if os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") else _EXPORT_TIMEOUT
    if not host.endswith(".googleapis.com"):
        return OTLPSpanExporter(timeout=timeout)
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]  # google-auth's
    return OTLPSpanExporter(timeout=timeout, session=session)
