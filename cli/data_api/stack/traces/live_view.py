"""Shows each request's spans as a waterfall once no more of them come, and keeps them all.

A trace comes in pieces: each function sends its own. It is drawn when none has come for a moment, and drawn anew when
another comes later, of a second attempt for example.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_api.shared.traces.spans import Span
from data_api.shared.traces.waterfall import waterfall
from data_api.stack.terminal.terminal import Draw
from data_api.stack.traces.span_log import SpanLog
from data_api.stack.traces.span_receiver import receiving

QUIET = 0.5  # seconds without a new span, after which a trace is drawn
LOOK = 0.1  # seconds
REMEMBERED = 500  # traces; of those before, a late span is drawn alone
MANY = 2_000  # spans of a trace that are remembered: a batch has two for each of its 1,000 records
DRAWN = 12  # spans of a trace in the terminal


class Traces:
    """The last traces of a run; `take` is called by other threads than the one that draws."""

    def __init__(self, log: SpanLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._spans: OrderedDict[str, list[Span]] = OrderedDict()
        self._changed: dict[str, float] = {}  # trace to when its last span came
        self._stopped = threading.Event()

    def take(self, spans: list[Span]) -> None:
        """Spans that have just come."""
        with self._lock:
            self._log.add(spans)
            for span in spans:
                for trace_id in {span.trace_id, *(trace_id for trace_id, _ in span.links)}:
                    self._remember(trace_id, span)

    def show(self, draw: Draw) -> None:
        """From now on, in a thread of its own."""
        threading.Thread(target=self._draw_quiet_ones, args=[draw], name="traces", daemon=True).start()

    def stop(self) -> None:
        """Draws no more, and forgets the spans."""
        self._stopped.set()
        with self._lock:
            self._log.close()

    def _draw_quiet_ones(self, draw: Draw) -> None:
        while not self._stopped.wait(LOOK):
            for trace_id, spans in self._quiet(time.monotonic() - QUIET):
                draw(waterfall(trace_id, spans, DRAWN))

    def _remember(self, trace_id: str, span: Span) -> None:
        spans = self._spans.setdefault(trace_id, [])
        if len(spans) < MANY:
            spans.append(span)
        self._spans.move_to_end(trace_id)
        self._changed[trace_id] = time.monotonic()
        if len(self._spans) > REMEMBERED:
            oldest, _ = self._spans.popitem(last=False)
            self._changed.pop(oldest, None)

    def _quiet(self, since: float) -> list[tuple[str, list[Span]]]:
        with self._lock:
            trace_ids = [trace_id for trace_id, at in self._changed.items() if at <= since]
            for trace_id in trace_ids:
                del self._changed[trace_id]
            return [(trace_id, [*self._spans[trace_id]]) for trace_id in trace_ids]


@contextmanager
def recorded_spans(folder: Path) -> Iterator[tuple[Traces, str]]:
    """For the length of the block, in this folder; yields also the endpoint to which spans go."""
    traces = Traces(SpanLog(folder))
    with receiving(traces.take) as endpoint:
        try:
            yield traces, endpoint
        finally:
            traces.stop()
