"""Draws bar charts of the results as an SVG without external resources.

The charts show throughput, CPU, cold start and memory of each function; our bars have the ratio to the common
implementation. Each chart says whether longer or shorter is better. The colours follow the light or dark mode of the
reader.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from bench.cases import accept, read
from bench.cases.cold_start import WITH_BYTECODE, ColdStart
from bench.harness.implementations import COMMON, FUNCTIONS, IMPLEMENTATIONS, LABELS, OURS
from bench.harness.runs import FunctionResults, Value, spread
from bench.report.results import Results
from bench.report.table import figure

_STYLE = """<style>
.card { fill: #ffffff } .text { fill: #202124 } .note { fill: #5f6368 }
.ours { fill: #1a73e8 } .common { fill: #9aa0a6 } .bare { fill: #dadce0 }
@media (prefers-color-scheme: dark) {
.card { fill: #16181d } .text { fill: #e8eaed } .note { fill: #a9aeb6 }
.ours { fill: #5c9dff } .common { fill: #7b828b } .bare { fill: #474c54 }
}
</style>"""
_WIDTH, _MARGIN, _GAP = 960, 24, 32  # pixels
_LABEL_WIDTH, _VALUE_WIDTH = 76, 96  # to the left and to the right of the bars
_BAR_HEIGHT, _BAR_STEP, _GROUP_GAP = 14, 18, 10
_TITLE_HEIGHT, _LEGEND_HEIGHT = 48, 40
_END, _BOLD = 'text-anchor="end"', 'font-weight="600"'
_RATIO = f" (ratio to {LABELS[COMMON]})"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"


@dataclass(frozen=True)
class _Panel:
    title: str
    note: str
    groups: Mapping[str, Mapping[str, float]]  # by label and implementation


def svg(results: Results) -> str:
    """The whole SVG."""
    panels = [panel for panel in _panels(results) if panel.groups]
    columns = [panels[0::2], panels[1::2]]
    height = max([_LEGEND_HEIGHT, *(_LEGEND_HEIGHT + sum(map(_height, column)) for column in columns)])
    width = (_WIDTH - 2 * _MARGIN - _GAP) / 2
    elements = [*_legend(results)]
    for number, column in enumerate(columns):
        top = float(_LEGEND_HEIGHT)
        for panel in column:
            elements += _panel(panel, _MARGIN + number * (width + _GAP), top, width)
            top += _height(panel)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height + _MARGIN:.0f}" role="img">',
            "<title>Our functions, a common implementation, and a function that does nothing</title>",
            _STYLE,
            f'<rect class="card" width="{_WIDTH}" height="{height + _MARGIN:.0f}" rx="8"/>',
            f'<g font-family="{_FONT}" font-size="12">',
            *elements,
            "</g>",
            "</svg>\n",
        ]
    )


def _panels(results: Results) -> Iterator[_Panel]:
    cases = {
        "accept": ("accept", accept.label(32)),
        "store": ("store", accept.label(100)),
        "read 50": ("read", read.label(read.FIRST, read.CONNECTIONS)),
    }
    measured = {
        label: (results.functions[name], case) for label, (name, case) in cases.items() if name in results.functions
    }
    yield _Panel(
        "Requests a second",
        "accept with 32 connections, store with 100, read with 16; longer is better",
        {label: _medians(function, case, lambda run: run.rate) for label, (function, case) in measured.items()},
    )
    yield _Panel(
        "CPU milliseconds a request",
        "with the same loads; shorter is better",
        {label: _medians(function, case, lambda run: run.cpu) for label, (function, case) in measured.items()},
    )
    cold = results.cold_start
    yield _Panel(
        "Cold start, seconds",
        "from the start of the process to the first correct response; shorter is better",
        {function: _cold_starts(cold, function) for function in FUNCTIONS} if cold else {},
    )
    yield _Panel(
        "Resident memory, MiB",
        "of the worker process, after all loads; shorter is better",
        {label: _memory(function) for label, (function, _) in measured.items()},
    )


def _medians(function: FunctionResults, case: str, value: Value) -> dict[str, float]:
    return {implementation: function.spread(case, implementation, value).median for implementation in (OURS, COMMON)}


def _cold_starts(cold: ColdStart, function: str) -> dict[str, float]:
    return {
        implementation: cold.spread(WITH_BYTECODE, function, implementation).median
        for implementation in IMPLEMENTATIONS
    }


def _memory(function: FunctionResults) -> dict[str, float]:
    return {
        implementation: spread([sample.resident for sample in function.memory[implementation]]).median
        for implementation in IMPLEMENTATIONS
    }


def _height(panel: _Panel) -> float:
    return _TITLE_HEIGHT + sum(len(group) * _BAR_STEP + _GROUP_GAP for group in panel.groups.values()) + _GROUP_GAP


def _legend(results: Results) -> Iterator[str]:
    left = _MARGIN
    for implementation in IMPLEMENTATIONS:
        text = LABELS[implementation] + (_RATIO if implementation == OURS else "")
        yield f'<rect class="{implementation}" x="{left}" y="14" width="12" height="12" rx="2"/>'
        yield _text(left + 18, 24, text)
        left += 40 + 7 * len(text)
    machine = results.machine
    yield _text(_WIDTH - _MARGIN, 24, f"{machine.cores} cores, {machine.date}", "note", _END)


def _panel(panel: _Panel, left: float, top: float, width: float) -> Iterator[str]:
    yield _text(left, top + 20, panel.title, attributes=_BOLD)
    yield _text(left, top + 36, panel.note, "note")
    longest = max(value for group in panel.groups.values() for value in group.values())
    bar_width = width - _LABEL_WIDTH - _VALUE_WIDTH
    y = top + _TITLE_HEIGHT
    for label, group in panel.groups.items():
        yield _text(left + _LABEL_WIDTH - 8, y + len(group) * _BAR_STEP / 2 + 2, label, attributes=_END)
        yield from _bars(group, left + _LABEL_WIDTH, y, bar_width / longest)
        y += len(group) * _BAR_STEP + _GROUP_GAP


def _bars(values: Mapping[str, float], left: float, top: float, scale: float) -> Iterator[str]:
    for number, (implementation, value) in enumerate(values.items()):
        y = top + number * _BAR_STEP
        length = max(value * scale, 1)
        yield (
            f'<rect class="{implementation}" x="{left:.1f}" y="{y:.1f}" width="{length:.1f}" height="{_BAR_HEIGHT}" '
            'rx="2"/>'
        )
        if implementation == OURS:
            text = f"{figure(value)}  ({figure(value / values[COMMON])}x)"
            yield _text(left + length + 6, y + 11, text, attributes=_BOLD)
        else:
            yield _text(left + length + 6, y + 11, figure(value), "note")


def _text(x: float, y: float, text: str, css_class: str = "text", attributes: str = "") -> str:
    return f'<text class="{css_class}" x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'
