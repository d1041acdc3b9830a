"""Sends spans by OTLP/HTTP while their requests wait, since the cloud takes the CPU away after the answer.

They wait for a moment at most. Requests that end while an export is under way share the next (`grouping`). One that
takes long is waited for by nobody who comes later; after one that failed, spans are kept for a while without trying. No
request fails for it. Which spans there are is `spans`'s.
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
from dataapi.gcp import logs, settings
from dataapi.group_commit import Grouped, Limits
from dataapi.http.dispatch import Log
from dataapi.trace_context import Trace

PATIENCE = 0.5  # seconds that a request waits for its spans to be sent
PAUSE = 10.0  # seconds without trying, after an export that failed
ROOM = 2_048  # spans that wait to be sent; of more the oldest are lost
_EXPORT_TIMEOUT = 2.0  # seconds, of one export and its retries together
_LIMITS = Limits(items=512, size=0, wait=60.0)  # also when nobody waits for them any more
_SCOPE = "https://www.googleapis.com/auth/trace.append"


class Sending:
    """Keeps the spans that are over until they are sent."""

    def __init__(self) -> None:
        self._ended: deque[ReadableSpan] = deque(maxlen=ROOM)
        self._grouped = Grouped(self._send, _LIMITS)
        self._began: float | None = None  # the export under way
        self._pause_until = 0.0
        self.processor = _Collector(self._ended)
        logging.getLogger("opentelemetry").propagate = False  # its lines have no structure; the log says it below
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())

    async def flush(self) -> None:
        """Returns when the spans that are over are sent, by whichever request; after PATIENCE, or if it is hopeless."""
        if not self._ended or self._is_hopeless():
            return
        spans = [*self._ended]
        self._ended.clear()
        with contextlib.suppress(TimeoutError, Unavailable, RuntimeError):  # the last where the process ends
            async with asyncio.timeout(PATIENCE):
                await self._grouped(spans, 0)

    def _is_hopeless(self) -> bool:
        """Whether the last export failed a moment ago, or the one under way takes its time."""
        now = time.monotonic()
        return now < self._pause_until or (self._began is not None and now > self._began + PATIENCE)

    async def _send(self, spans: Sequence[ReadableSpan]) -> Sequence[None]:
        """Raises nothing: those who wait are told in any case that it is over."""
        self._began = time.monotonic()
        reason = await asyncio.to_thread(_export, spans)
        self._began = None
        if reason:
            self._pause_until = time.monotonic() + PAUSE
            _log(spans)("spans_dropped", "WARNING", spans=len(spans), reason=reason)
        return [None] * len(spans)


class _Collector(SpanProcessor):
    def __init__(self, ended: deque[ReadableSpan]) -> None:
        self._ended = ended

    def on_end(self, span: ReadableSpan) -> None:
        self._ended.append(span)


def sampler() -> Sampler | None:
    """What OTEL_TRACES_SAMPLER names (None: the SDK reads it), or else a share of all traces.

    A trace that was chosen before stays chosen. One that was not has the same chance as a new one: in front of the
    functions the cloud puts a traceparent into every request, of which it chooses next to none itself. What counts is
    the trace's id, so that all functions choose the same.
    """
    if os.environ.get(OTEL_TRACES_SAMPLER):
        return None
    share = TraceIdRatioBased(settings.trace_share())
    return ParentBased(share, remote_parent_not_sampled=share)


def resource() -> Resource:
    """Who makes the spans."""
    name = os.environ.get("K_SERVICE") or os.environ.get("FUNCTION_TARGET") or "data-api"
    service = {} if os.environ.get(OTEL_SERVICE_NAME) else {"service.name": name}
    return Resource.create({**service, "gcp.project_id": settings.required(settings.PROJECT)})


def _export(spans: Sequence[ReadableSpan]) -> str | None:
    """Why it failed, if it did. In a thread: it waits for the network, the first time for a credential as well."""
    try:
        return None if _exporter().export(spans) is SpanExportResult.SUCCESS else "the endpoint did not take them"
    except Exception as fault:  # noqa: BLE001  whatever it is, no request fails for it
        return type(fault).__name__


def _log(spans: Sequence[ReadableSpan]) -> Log:
    """The log of the first span's trace."""
    place = spans[0].get_span_context() or INVALID_SPAN_CONTEXT
    return logs.logger(Trace(f"{place.trace_id:032x}", f"{place.span_id:016x}", sampled=True))


@cache
def _exporter() -> OTLPSpanExporter:
    endpoint = os.environ.get(settings.TRACES_ENDPOINT) or os.environ[settings.OTLP_ENDPOINT]
    host = urlsplit(endpoint).hostname or ""
    timeout = None if os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") else _EXPORT_TIMEOUT
    if not host.endswith(".googleapis.com"):
        return OTLPSpanExporter(timeout=timeout)
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]  # google-auth's
    return OTLPSpanExporter(timeout=timeout, session=session)
