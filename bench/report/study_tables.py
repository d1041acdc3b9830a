"""The tables of the studies: preloaded topic, visible, rate limit, waiting clients, noisy neighbor and growth."""

from collections.abc import Iterator, Sequence

from bench.harness.implementations import COMMON, OURS
from bench.harness.load import Load
from bench.harness.runs import spread
from bench.report.table import Table, figure, figure_with_spread
from bench.studies.growth import STORED, Growth
from bench.studies.noisy_neighbor import NOISY_CONNECTIONS, OTHER_RATE, NoisyNeighborStudy
from bench.studies.points import Point
from bench.studies.preloaded import BULK_WRITER, PUBLISHER, Preloaded
from bench.studies.rate_limit import FACTOR, LIMIT, OTHERS_RATE, USERS, RateLimitStudy
from bench.studies.visible import Visible
from bench.studies.waiting import ALONE, CLIENTS, FURTHER, RATE, READERS_RATE, WaitingStudy
from bench.workload.waiting_clients import WAIT


def preloaded(study: Preloaded) -> Table:
    """Records a second from a topic full of messages."""
    names = {
        OURS: "ours, pushes delivered by wrk over 100 connections",
        COMMON: "the common implementation, the same",
        BULK_WRITER: f"{BULK_WRITER} from memory without its rate limit, the better of batches of 20 and 500",
        PUBLISHER: "publishing from memory with Google's client, batches of 1,000",
    }
    rows = [[names[method], figure_with_spread(rate)] for method, rate in study.rates.items()]
    rows.append(["ours, pushed by the emulator itself, one at a time", figure(study.emulator_rate)])
    note = (
        "The messages are published before, and pulled from the topic with Google's subscriber client. The time is "
        "from the first delivery until the last is acknowledged; then all records must be in the emulator."
    )
    return Table("From a preloaded topic until all is stored", note, ["method", "records/s"], rows)


def visible(study: Visible) -> Table:
    """Milliseconds until a record is visible."""
    rows = [
        [case, figure(study.percentile(case, 50)), figure(study.percentile(case, 99)), f"{len(times):,}"]
        for case, times in study.times.items()
    ]
    note = (
        "From sending the POST until GET /data/{id} answers 200, through the whole stack of `data-api up`: gateway, "
        "generate, Pub/Sub emulator, persist, Firestore emulator, present. Load at the same time: "
        f"{figure(study.rate)} records a second. The emulator pushes about every 100 ms, the cloud does not; the last "
        "row measures only the emulator."
    )
    return Table("Time to visible", note, ["", "p50 ms", "p99 ms", "records"], rows)


def rate_limit(study: RateLimitStudy) -> Table:
    """Latency of the other callers, by case."""
    rows = [
        [
            case,
            figure_with_spread(spread([load.p50 for load in loads])),
            figure_with_spread(spread([load.p99 for load in loads])),
            *(_rate_and_rejected(study.excessive[case]) if case in study.excessive else ("", "")),
        ]
        for case, loads in study.others.items()
    ]
    note = (
        f"{USERS} users post {OTHERS_RATE} records a second together. Each may post {LIMIT} a second; one more caller "
        f"sends {FACTOR} times that."
    )
    headings = ["the other callers", "p50 ms", "p99 ms", "requests/s above the limit", "of these rejected"]
    return Table("One caller above the rate limit", note, headings, rows)


def waiting(study: WaitingStudy) -> Iterator[Table]:
    """What the waiting clients cost the instance, and the latency of the other readers."""
    note = (
        f"{CLIENTS:,} clients of one instance of `present`, each of its own user, wait {WAIT} s for a change and begin "
        f"again. Then {RATE} records a second are stored, for one client after the other. With the emulator each "
        "change is read twice, and shown half a second after its commit. At the end further clients ask to wait."
    )
    values: dict[str, Sequence[float]] = {
        "memory for each client, KiB": study.client_kib,
        "share of one CPU while nothing happens": study.quiet_cpu,
        "CPU ms for each change that arrives": study.change_ms,
        "ms from the write until the client has the change": study.delays_ms,
        f"of {FURTHER} further clients, answered 503 with Retry-After": study.rejected,
    }
    rows = [[name, figure_with_spread(spread(by_round))] for name, by_round in values.items()]
    yield Table(f"{CLIENTS:,} clients that wait for changes", note, ["", "measured"], rows)
    note = f"Pages of 50 records, {READERS_RATE} a second. The ratio is that of each round."
    headings = ["the other readers", "p50 ms", "p99 ms", "p99, ratio to alone"]
    yield Table("Other readers of that instance", note, headings, [_readers_row(study, case) for case in study.readers])


def noisy_neighbor(study: NoisyNeighborStudy) -> Table:
    """Latency of the other user, by kind of body."""
    rows = [
        [
            kind,
            figure_with_spread(spread([pair.alone.p99 for pair in pairs])),
            figure_with_spread(spread([pair.beside.p50 for pair in pairs])),
            figure_with_spread(spread([pair.beside.p99 for pair in pairs])),
            *_rate_and_rejected([pair.noisy for pair in pairs]),
        ]
        for kind, pairs in study.items()
    ]
    note = (
        f"One user posts {OTHER_RATE} small records a second. Another keeps {NOISY_CONNECTIONS} batches of 8 MiB in "
        "progress. The function has one CPU, as in the cloud."
    )
    headings = ["batches of", "p99 ms alone", "p50 ms beside", "p99 ms beside", "batches/s", "of these rejected"]
    return Table("One user who sends the most costly bodies", note, headings, rows)


def growth(study: Growth) -> Iterator[Table]:
    """A table for each quantity that grows."""
    stored_note = (
        "One request after the other. Own is the time without that of the same RPC sent directly, because the emulator "
        "scans all records."
    )
    load_note = "CPU is that of a record, or of a page of 50 for read."
    for quantity, by_action in study.items():
        rows = [_growth_row(quantity, action, point) for action, points in by_action.items() for point in points]
        if quantity == STORED:
            headings = [quantity, "action", "p50 ms", "own ms", "CPU ms a request"]
            yield Table(f"Growth: {quantity}", stored_note, headings, rows)
        else:
            headings = [quantity, "action", "p50 ms", "records/s or pages/s", "CPU ms", "records an RPC"]
            yield Table(f"Growth: {quantity}", load_note, headings, rows)


def _readers_row(study: WaitingStudy, case: str) -> list[str]:
    p50, p99 = (spread(values) for values in zip(*((load.p50, load.p99) for load in study.readers[case]), strict=True))
    ratio = "" if case == ALONE else figure_with_spread(study.p99_ratio(case))
    return [case, figure_with_spread(p50), figure_with_spread(p99), ratio]


def _rate_and_rejected(loads: Sequence[Load]) -> tuple[str, str]:
    rejected = spread([load.rejected for load in loads]).median
    return figure_with_spread(spread([load.rate for load in loads])), f"{rejected:.0%}"


def _growth_row(quantity: str, action: str, point: Point) -> list[str]:
    row = [f"{point.at:,}", action, figure(point.time)]
    if quantity == STORED:
        return [*row, figure(point.own or 0), figure(point.cpu)]
    return [*row, figure(point.rate or 0), figure(point.cpu), figure(point.group) if point.group else ""]
