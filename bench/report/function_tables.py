"""The tables of the cases: load, memory, cold start and imports of each function."""

from collections.abc import Mapping

from bench.cases.cold_start import WITH_BYTECODE, WITHOUT_BYTECODE, ColdStart
from bench.harness.implementations import FUNCTIONS, IMPLEMENTATIONS
from bench.harness.runs import FunctionResults, spread
from bench.report.table import Table, figure, figure_with_spread

_TITLES = {
    "accept": "Accept: POST /data of one record of 100 bytes",
    "store": "Store: pushes of one record of 100 bytes",
    "read": "Read: GET /data, 120 records stored",
}
_CASE_HEADINGS = {"accept": "connections", "store": "connections", "read": "request, connections"}


def load(section: str, results: FunctionResults) -> Table:
    """Throughput, latency, CPU and RPCs of a function, by case and implementation."""
    headings = [
        *(_CASE_HEADINGS[section], "implementation", "requests/s", "p50 ms", "p99 ms"),
        *("CPU ms a request", "requests/s and CPU", "RPCs"),
    ]
    rows = [_load_row(results, case, implementation) for case, runs in results.runs.items() for implementation in runs]
    note = (
        "CPU is that of the function's processes, worker and master. An Envoy between the function and the emulator "
        "counts the RPCs a request, in separate runs."
    )
    return Table(_TITLES[section], note, headings, rows)


def memory(functions: Mapping[str, FunctionResults]) -> Table:
    """Memory of each function and implementation."""
    rows = [
        [
            section,
            implementation,
            figure_with_spread(spread([sample.resident for sample in samples])),
            figure_with_spread(spread([sample.total for sample in samples])),
        ]
        for section, results in functions.items()
        for implementation, samples in results.memory.items()
    ]
    note = (
        "After all loads. Resident is the memory of the worker. Total is that of worker and master, with shared memory "
        "counted once (PSS); it is less if other processes share the same files."
    )
    return Table("Memory", note, ["", "implementation", "resident MiB", "total MiB"], rows)


def cold_starts(cold: ColdStart) -> Table:
    """Seconds of a cold start of each function and implementation."""
    rows = [
        [function, bytecode, *(figure_with_spread(cold.spread(bytecode, function, name)) for name in IMPLEMENTATIONS)]
        for bytecode in (WITH_BYTECODE, WITHOUT_BYTECODE)
        if bytecode in cold.seconds
        for function in FUNCTIONS
    ]
    note = (
        "Seconds from the start of the process to the first correct response, including the first RPC. Without "
        "bytecode, Python compiles every module, also those of the standard library; the cloud's image has bytecode."
    )
    return Table("Cold start", note, ["function", "", *IMPLEMENTATIONS], rows)


def imports(cold: ColdStart) -> Table:
    """The slowest imports of each function."""
    rows = [
        [function, f"`{module.module}`", figure(module.milliseconds)]
        for function, modules in cold.imports.items()
        for module in modules
    ]
    totals = ", ".join(f"{function} {figure(total)} ms" for function, total in cold.import_milliseconds.items())
    note = (
        "The ten slowest modules of ours, each without the modules that it imports, with bytecode. All imports: "
        f"{totals}; measuring them makes them slower."
    )
    return Table("Imports", note, ["function", "module", "ms"], rows)


def _load_row(results: FunctionResults, case: str, implementation: str) -> list[str]:
    cpu = results.spread(case, implementation, lambda run: run.cpu)
    rpcs = results.rpcs[case]
    return [
        case,
        implementation,
        figure_with_spread(results.spread(case, implementation, lambda run: run.rate)),
        figure_with_spread(results.spread(case, implementation, lambda run: run.p50)),
        figure(results.spread(case, implementation, lambda run: run.p99).median),
        figure_with_spread(cpu),
        figure(1e3 / cpu.median),
        figure(rpcs[implementation]) if implementation in rpcs else "-",
    ]
