"""All tables of the results in their order, the same for the terminal and bench/results/results.md."""

from collections.abc import Sequence

from bench.report import function_tables, money, study_tables
from bench.report.results import Results, request_costs
from bench.report.table import Table, figure_with_spread
from bench.report.targets import TargetResult

_LEGEND = (
    "Common is a common implementation of the function. Bare is the Functions Framework with a function that does "
    "nothing."
)


def tables(results: Results, targets: Sequence[TargetResult]) -> list[Table]:
    """All tables with rows, the most important first."""
    sections = [_targets(targets)]
    sections += [function_tables.load(name, function) for name, function in results.functions.items()]
    sections.append(function_tables.memory(results.functions))
    if results.preloaded:
        sections.append(study_tables.preloaded(results.preloaded))
    if results.cold_start:
        sections += [function_tables.cold_starts(results.cold_start), function_tables.imports(results.cold_start)]
    if results.visible:
        sections.append(study_tables.visible(results.visible))
    if results.rate_limit:
        sections.append(study_tables.rate_limit(results.rate_limit))
    if results.waiting:
        sections += study_tables.waiting(results.waiting)
    if results.noisy_neighbor:
        sections.append(study_tables.noisy_neighbor(results.noisy_neighbor))
    if results.growth:
        sections += study_tables.growth(results.growth)
    if results.functions.keys() >= money.REQUIRED_SECTIONS:
        sections.append(money.table(request_costs(results)))
    return [table for table in sections if table.rows]


def _targets(targets: Sequence[TargetResult]) -> Table:
    rows = [
        [
            result.target.name,
            f"{result.target.sign} {result.target.bound:g}{result.target.unit}",
            figure_with_spread(result.value),
            "met" if result.is_met else "not met",
        ]
        for result in targets
    ]
    return Table("Targets", _LEGEND, ["value", "target", "measured", ""], rows)
