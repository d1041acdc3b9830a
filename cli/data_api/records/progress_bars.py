"""The progress bars of `send`, on standard error if that is a terminal: records that are sent, and that are stored."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from data_api.records.sending.batches import Batch

if TYPE_CHECKING:
    from data_api.records.sending.storing import Outcome


@contextmanager
def sending_bar(total: int | None) -> Iterator[Callable[[Batch, int], None]]:
    """From the second batch on; gives what to call before each batch."""
    columns = (
        TextColumn("Sending"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[accepted]:,} records accepted"),
        TimeRemainingColumn(),
    )
    bar = _bar(columns)
    task = bar.add_task("", total=total, accepted=0)
    sent = 0  # how much of the input

    def before_batch(batch: Batch, accepted: int) -> None:
        nonlocal sent
        if batch.ordinal > 1:
            bar.start()
            bar.update(task, completed=sent, accepted=accepted)
        sent = batch.end

    try:
        yield before_batch
    finally:
        bar.stop()


@contextmanager
def storing_bar(total: int) -> Iterator[Callable[["Outcome"], None]]:
    """Gives what to call whenever a record turns out to be stored or not."""
    columns = (TextColumn("Storing"), BarColumn(), TextColumn("{task.completed:,} of {task.total:,} records"))
    bar = _bar(columns)
    task = bar.add_task("", total=total)
    with bar:
        yield lambda outcome: bar.update(task, completed=outcome.total - outcome.remaining)


def _bar(columns: tuple[ProgressColumn, ...]) -> Progress:
    console = Console(stderr=True)
    # Receipts go to standard output while the bar is drawn: they must not be redirected into it.
    return Progress(*columns, console=console, transient=True, redirect_stdout=False, disable=not console.is_terminal)
