"""Puts what was measured into tables, which are the same in the terminal and in bench/results/results.md.

Owns what a reader gets to see, its order, its units and its rounding. A figure is a median of rounds; behind it stand
the least and the most.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.cases.cold_start import WITH, WITHOUT, ColdStart
from bench.harness.implementations import CONTENDERS, FUNCTIONS, IN_WORDS, OURS, USUAL
from bench.harness.load import Load
from bench.harness.runs import Measured, Spread, spread
from bench.report import money
from bench.report.levels import Reached
from bench.report.results import Results, requests
from bench.studies import growth, rate_limit
from bench.studies.growth import Growth
from bench.studies.points import Point
from bench.studies.preloaded import BULK, PUBLISHER, Preloaded
from bench.studies.rate_limit import RateLimitStudy
from bench.studies.visible import Visible

_TITLES = {
    "accept": "Accept: POST /data of one record of 100 bytes",
    "store": "Store: pushes of one record of 100 bytes",
    "read": "Read: GET /data, 120 records stored",
}
_LOADS = {"accept": "connections", "store": "connections", "read": "what, connections"}
_LEGEND = "Usual is the function as usually written, bare the Functions Framework answering without work."


@dataclass(frozen=True)
class Table:
    """What stands under one title. The first column is text, the others are figures."""

    title: str
    note: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(results: Results, reached: Sequence[Reached]) -> list[Table]:
    """All of them, what matters most first."""
    sections = [_levels(reached)]
    sections += [_function(name, measured) for name, measured in results.functions.items()]
    sections.append(_memory(results.functions))
    if results.preloaded:
        sections.append(_preloaded(results.preloaded))
    if results.cold_start:
        sections += [_cold_starts(results.cold_start), _imports(results.cold_start)]
    if results.visible:
        sections.append(_visible(results.visible))
    if results.rate_limit:
        sections.append(_rate_limit(results.rate_limit))
    if results.growth:
        sections += _growth(results.growth)
    if results.functions.keys() >= money.NEEDED:
        sections.append(_money(requests(results)))
    return [table for table in sections if table.rows]


def figure(value: float) -> str:
    """Three digits that count."""
    if value >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"  # noqa: PLR2004 - the same


def spread_out(value: Spread) -> str:
    """The median, and what lies around it."""
    if value.least == value.most:
        return figure(value.median)
    return f"{figure(value.median)} ({figure(value.least)}-{figure(value.most)})"


def _levels(reached: Sequence[Reached]) -> Table:
    rows = [
        [
            level.level.name,
            f"{level.level.sign} {level.level.bound:g}{level.level.unit}",
            spread_out(level.value),
            "reached" if level.holds else "not reached",
        ]
        for level in reached
    ]
    return Table("Levels", _LEGEND, ["level", "to reach", "measured", ""], rows)


def _function(name: str, measured: Measured) -> Table:
    headings = [_LOADS[name], "who", "requests/s", "p50 ms", "p99 ms", "CPU ms a request", "requests/s and CPU", "RPCs"]
    rows = [_loaded(measured, case, who) for case, by in measured.runs.items() for who in by]
    note = (
        "CPU is that of the function's processes, the worker and its master. RPCs a request are counted by an Envoy "
        "between the function and the emulator, in runs of their own."
    )
    return Table(_TITLES[name], note, headings, rows)


def _loaded(measured: Measured, case: str, who: str) -> list[str]:
    cpu = measured.spread(case, who, lambda run: run.cpu)
    return [
        case,
        who,
        spread_out(measured.spread(case, who, lambda run: run.rate)),
        spread_out(measured.spread(case, who, lambda run: run.p50)),
        figure(measured.spread(case, who, lambda run: run.p99).median),
        spread_out(cpu),
        figure(1e3 / cpu.median),
        figure(measured.rpcs[case][who]) if who in measured.rpcs[case] else "-",
    ]


def _memory(functions: Mapping[str, Measured]) -> Table:
    rows = [
        [
            name,
            who,
            *(spread_out(spread(values)) for values in ([m.resident for m in samples], [m.together for m in samples])),
        ]
        for name, measured in functions.items()
        for who, samples in measured.memory.items()
    ]
    note = (
        "After all loads. Resident: of the process that answers. Together: with its master, what they share counted "
        "once (PSS); it is less where other processes share the same files."
    )
    return Table("Memory", note, ["", "who", "resident MiB", "together MiB"], rows)


def _preloaded(preloaded: Preloaded) -> Table:
    names = {
        OURS: "ours, pushes delivered by wrk over 100 connections",
        USUAL: f"{IN_WORDS[USUAL]}, the same",
        BULK: f"{BULK} from memory, its rate limit lifted, the better of batches of 20 and 500",
        PUBLISHER: "publishing from memory with Google's client, batches of 1,000",
    }
    rows = [[names[who], spread_out(rate)] for who, rate in preloaded.rates.items()]
    rows.append(["ours, pushed by the emulator itself, one at a time", figure(preloaded.emulator_pushes)])
    note = (
        "Messages published beforehand and taken from the topic by Google's subscriber; the time runs from the first "
        "delivery until the last is confirmed, and all are found in the emulator afterwards."
    )
    return Table("From a preloaded topic until all is stored", note, ["way", "records/s"], rows)


def _cold_starts(cold: ColdStart) -> Table:
    rows = [
        [function, bytecode, *(spread_out(cold.spread(bytecode, function, who)) for who in CONTENDERS)]
        for bytecode in (WITH, WITHOUT)
        if bytecode in cold.seconds
        for function in FUNCTIONS
    ]
    note = (
        "Seconds from the start of the process to the first right answer, the first RPC included. Without bytecode "
        "Python compiles every module, the standard library's as well; the cloud's image has it."
    )
    return Table("Cold start", note, ["function", "", *CONTENDERS], rows)


def _imports(cold: ColdStart) -> Table:
    rows = [
        [function, f"`{module.module}`", figure(module.milliseconds)]
        for function, imports in cold.imports.items()
        for module in imports
    ]
    sums = ", ".join(f"{function} {figure(total)} ms" for function, total in cold.importing.items())
    note = (
        f"The ten costliest modules of ours, each without what it imports itself, with bytecode. All imports: {sums}; "
        "measuring them makes them slower."
    )
    return Table("Imports", note, ["function", "module", "ms"], rows)


def _visible(visible: Visible) -> Table:
    rows = [
        [case, figure(visible.percentile(case, 50)), figure(visible.percentile(case, 99)), f"{len(times):,}"]
        for case, times in visible.times.items()
    ]
    note = (
        "From sending the POST until GET /data/{id} answers 200, through the whole stack of `data-api up`: gateway, "
        f"generate, Pub/Sub's emulator, persist, Firestore's emulator, present. Posted besides: {figure(visible.rate)} "
        "records a second. The emulator pushes every 100 ms or so, which the cloud does not; nothing of ours is in the "
        "last row."
    )
    return Table("Time to visible", note, ["", "p50 ms", "p99 ms", "records"], rows)


def _rate_limit(study: RateLimitStudy) -> Table:
    rows = [
        [
            case,
            spread_out(spread([other.p50 for other in others])),
            spread_out(spread([other.p99 for other in others])),
            *(_one(study.one[case]) if case in study.one else ("", "")),
        ]
        for case, others in study.others.items()
    ]
    note = (
        f"{rate_limit.USERS} users post {rate_limit.RATE} records a second together. "
        f"Each may post {rate_limit.LIMIT} a second; "
        f"one more sends {rate_limit.TIMES} times that."
    )
    headings = ["the others", "p50 ms", "p99 ms", "the one's requests/s", "of these refused"]
    return Table("One caller who sends too much", note, headings, rows)


def _one(loads: Sequence[Load]) -> tuple[str, str]:
    refused = spread([load.refused for load in loads]).median
    return spread_out(spread([load.rate for load in loads])), f"{refused:.0%}"


def _money(measured: money.Results) -> Table:
    rows = [[row.part, *(f"{usd:.2f}" for usd in (row.ours, row.usual, row.amazon))] for row in money.rows(measured)]
    note = (
        f"USD at list prices for a million records written, one a request, and a million pages of {money.PAGE_SIZE} "
        "read, from the CPU and RPCs a request above; docs/cost.md says what is counted, and `data-api cost` does it "
        "for other traffic. Instances are the same for ours and usual."
    )
    return Table("Money", note, ["", "ours", "usual", "the AWS sample"], rows)


def _growth(study: Growth) -> Iterator[Table]:
    stored = (
        "One request after the other. Own: after the time of the same RPC made bare is taken off; the emulator scans."
    )
    loaded = "CPU is that of a record, and of a page of 50 where records are read."
    for kind, by in study.items():
        rows = [_row(kind, action, point) for action, points in by.items() for point in points]
        is_stored = kind == growth.STORED
        figures = ["own ms", "CPU ms a request"] if is_stored else ["records/s or pages/s", "CPU ms", "records an RPC"]
        yield Table(f"Growth: {kind}", stored if is_stored else loaded, [kind, "what", "p50 ms", *figures], rows)


def _row(kind: str, action: str, point: Point) -> list[str]:
    row = [f"{point.at:,}", action, figure(point.time)]
    if kind == growth.STORED:
        return [*row, figure(point.own or 0), figure(point.cpu)]
    return [*row, figure(point.rate or 0), figure(point.cpu), figure(point.group) if point.group else ""]
