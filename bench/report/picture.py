"""Draws what was measured, as bars in an SVG that needs nothing but a browser.

Owns what is in the picture: of each function throughput, CPU, cold start and memory, ours with its ratio to the same
as usually written. Long bars are not always good ones; each panel says what is better. Colours follow the reader's
light or dark.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from bench.cases import accept, read
from bench.cases.cold_start import WITH
from bench.harness.implementations import CONTENDERS, FUNCTIONS, IN_WORDS, OURS, USUAL
from bench.harness.runs import spread
from bench.report.results import Results
from bench.report.tables import figure

_STYLE = """<style>
.card { fill: #ffffff } .text { fill: #202124 } .note { fill: #5f6368 }
.ours { fill: #1a73e8 } .usual { fill: #9aa0a6 } .bare { fill: #dadce0 }
@media (prefers-color-scheme: dark) {
.card { fill: #16181d } .text { fill: #e8eaed } .note { fill: #a9aeb6 }
.ours { fill: #5c9dff } .usual { fill: #7b828b } .bare { fill: #474c54 }
}
</style>"""
_WIDTH, _MARGIN, _GAP = 960, 24, 32  # pixels
_LABEL, _FIGURE = 76, 96  # room to the left of the bars and to the right
_BAR, _STEP, _GROUP = 14, 18, 10
_TITLE, _LEGEND = 48, 40
_END, _BOLD = 'text-anchor="end"', 'font-weight="600"'
_RATIO = f" (its ratio to {IN_WORDS[USUAL]})"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"


@dataclass(frozen=True)
class _Panel:
    title: str
    note: str
    groups: Mapping[str, Mapping[str, float]]  # by what and contender


def drawn(results: Results) -> str:
    """The whole picture."""
    panels = [panel for panel in _panels(results) if panel.groups]
    columns = [panels[0::2], panels[1::2]]
    height = max([_LEGEND, *(_LEGEND + sum(map(_height, column)) for column in columns)])
    width = (_WIDTH - 2 * _MARGIN - _GAP) / 2
    parts = [*_legend(results)]
    for number, column in enumerate(columns):
        top = float(_LEGEND)
        for panel in column:
            parts += _panel(panel, _MARGIN + number * (width + _GAP), top, width)
            top += _height(panel)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height + _MARGIN:.0f}" role="img">',
            "<title>Ours, as usually written, and a function that does nothing</title>",
            _STYLE,
            f'<rect class="card" width="{_WIDTH}" height="{height + _MARGIN:.0f}" rx="8"/>',
            f'<g font-family="{_FONT}" font-size="12">',
            *parts,
            "</g>",
            "</svg>\n",
        ]
    )


def _panels(results: Results) -> Iterator[_Panel]:
    cases = {
        "accept": ("accept", accept.label(32)),
        "store": ("store", accept.label(100)),
        "read 50": ("read", read.label(read.FIRST, read.LEVEL)),
    }
    measured = {
        label: (results.functions[name], case) for label, (name, case) in cases.items() if name in results.functions
    }
    yield _Panel(
        "Requests a second",
        "accept with 32 connections, store with 100, read with 16; longer is better",
        {
            label: {who: function.spread(case, who, lambda run: run.rate).median for who in (OURS, USUAL)}
            for label, (function, case) in measured.items()
        },
    )
    yield _Panel(
        "CPU milliseconds a request",
        "at the same loads; shorter is better",
        {
            label: {who: function.spread(case, who, lambda run: run.cpu).median for who in (OURS, USUAL)}
            for label, (function, case) in measured.items()
        },
    )
    cold = results.cold_start
    yield _Panel(
        "Cold start, seconds",
        "from the start of the process to the first right answer; shorter is better",
        {name: {who: cold.spread(WITH, name, who).median for who in CONTENDERS} for name in FUNCTIONS} if cold else {},
    )
    yield _Panel(
        "Resident memory, MiB",
        "of the process that answers, after all loads; shorter is better",
        {
            label: {who: spread([sample.resident for sample in function.memory[who]]).median for who in CONTENDERS}
            for label, (function, _) in measured.items()
        },
    )


def _height(panel: _Panel) -> float:
    return _TITLE + sum(len(by) * _STEP + _GROUP for by in panel.groups.values()) + _GROUP


def _legend(results: Results) -> Iterator[str]:
    left = _MARGIN
    for who in CONTENDERS:
        yield f'<rect class="{who}" x="{left}" y="14" width="12" height="12" rx="2"/>'
        yield _text(left + 18, 24, IN_WORDS[who] + _RATIO * (who == OURS))
        left += 40 + 7 * len(IN_WORDS[who] + _RATIO * (who == OURS))
    machine = results.machine
    yield _text(_WIDTH - _MARGIN, 24, f"{machine.cores} cores, {machine.date}", "note", _END)


def _panel(panel: _Panel, left: float, top: float, width: float) -> Iterator[str]:
    yield _text(left, top + 20, panel.title, more=_BOLD)
    yield _text(left, top + 36, panel.note, "note")
    longest = max(value for by in panel.groups.values() for value in by.values())
    room = width - _LABEL - _FIGURE
    y = top + _TITLE
    for label, by in panel.groups.items():
        yield _text(left + _LABEL - 8, y + len(by) * _STEP / 2 + 2, label, more=_END)
        yield from _bars(by, left + _LABEL, y, room / longest)
        y += len(by) * _STEP + _GROUP


def _bars(values: Mapping[str, float], left: float, top: float, scale: float) -> Iterator[str]:
    for number, (who, value) in enumerate(values.items()):
        y = top + number * _STEP
        length = max(value * scale, 1)
        yield f'<rect class="{who}" x="{left:.1f}" y="{y:.1f}" width="{length:.1f}" height="{_BAR}" rx="2"/>'
        if who == OURS:
            shown = f"{figure(value)}  ({figure(value / values[USUAL])}x)"
            yield _text(left + length + 6, y + 11, shown, more=_BOLD)
        else:
            yield _text(left + length + 6, y + 11, figure(value), "note")


def _text(x: float, y: float, text: str, kind: str = "text", more: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" {more}>{escape(text)}</text>'
