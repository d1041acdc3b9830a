"""The OTLP receiver of the local stack: which spans it stores and draws."""

import contextlib
import http.client
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from data_api.shared.log_lines import Segments
from data_api.shared.traces.spans import Span, from_line
from data_api.stack.traces import span_log
from data_api.stack.traces.live_view import DRAWN, recorded_spans
from data_api.stack.traces.otlp import from_otlp
from data_api.stack.traces.span_receiver import LARGEST, PATH, receiving

SPAN = Span("1" * 32, "2" * 16, "", "generate", "server", "POST /data", 0, 1, failed=False, attributes={}, links=())
TIMEOUT = 20.0  # seconds


@pytest.fixture
def endpoint() -> Iterator[str]:
    with receiving(lambda _: None) as result:
        yield result


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        (PATH, b"", {}, 200),
        (PATH, b"no protobuf", {}, 400),
        ("/v1/metrics", b"", {}, 404),
        (PATH, b"", {"content-length": str(LARGEST + 1)}, 413),
        (PATH, b"", {"content-length": "-1"}, 413),
    ],
)
def test_a_request_that_is_not_otlp_is_rejected(
    endpoint: str, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=TIMEOUT)  # httpx sends no wrong length
    with contextlib.closing(connection):
        connection.request("POST", path, body, headers)
        assert status == connection.getresponse().status


def test_the_files_are_bounded_and_the_newest_spans_are_found(tmp_path: Path) -> None:
    log = span_log.SpanLog(tmp_path, largest=1_000)
    for number in range(100):
        log.add([replace(SPAN, trace_id=f"{number:032x}")])
    log.close()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 2_500
    assert [f"{99:032x}"] == [span.trace_id for span in span_log.find(tmp_path, [f"{99:032x}"])]
    assert [] == span_log.find(tmp_path, [f"{0:032x}"])

    span_log.clear(tmp_path)
    assert [] == [*tmp_path.iterdir()]


def test_a_trace_is_drawn_when_it_is_complete_and_again_if_more_spans_come(tmp_path: Path) -> None:
    drawings: list[list[Segments]] = []
    drawn = threading.Semaphore(0)

    def draw(lines: list[Segments]) -> None:
        drawings.append(lines)
        drawn.release()

    with recorded_spans(tmp_path) as (traces, _):
        traces.show(draw)
        traces.take([SPAN])
        traces.take([replace(SPAN, span_id="3" * 16, parent_id=SPAN.span_id)])
        assert drawn.acquire(timeout=TIMEOUT)
        assert [3] == [len(lines) for lines in drawings]  # the trace's line, and one for each span
        traces.take([replace(SPAN, span_id=f"{number:016x}") for number in range(50)])
        assert drawn.acquire(timeout=TIMEOUT)
        assert [3, DRAWN + 2] == [len(lines) for lines in drawings]
    assert 52 == len(span_log.find(tmp_path, [SPAN.trace_id]))


def test_known_fields_of_spans_of_other_programs_are_stored() -> None:
    attributes = [
        KeyValue(key="text", value=AnyValue(string_value="one")),
        KeyValue(key="list", value=AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1)]))),
        KeyValue(key="bytes", value=AnyValue(bytes_value=b"\xff")),
        KeyValue(key="nothing"),
    ]
    strange = OtlpSpan(trace_id=b"1" * 16, span_id=b"2" * 8, name="strange", attributes=attributes)
    strange.kind = 17  # type: ignore[assignment]  # of a later version
    body = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[strange])])])
    (span,) = from_otlp(body.SerializeToString())
    assert {"text": "one", "list": None, "bytes": None, "nothing": None} == span.attributes
    assert ("", "unspecified", "strange") == (span.part, span.kind, span.name)
    assert span == from_line(span.line().encode())
