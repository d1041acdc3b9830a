"""The form of a table, and the rounding of its values."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.harness.runs import Spread


@dataclass(frozen=True)
class Table:
    """A table with its title and an explanation. The first column is text, the others are usually numbers."""

    title: str
    note: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def figure(value: float) -> str:
    """The number with three significant digits."""
    if value >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"  # noqa: PLR2004 - the same


def figure_with_spread(value: Spread) -> str:
    """The median, with minimum and maximum if they differ."""
    if value.minimum == value.maximum:
        return figure(value.median)
    return f"{figure(value.median)} ({figure(value.minimum)}-{figure(value.maximum)})"
