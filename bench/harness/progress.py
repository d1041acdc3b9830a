"""Shows the progress of the benchmark: a progress bar in a terminal, else two lines for each section."""

import contextlib
import time
from collections.abc import Callable, Iterator

import rich.progress
from rich.console import Console

BeginStep = Callable[[str], None]  # called with a description when a step begins


@contextlib.contextmanager
def section(console: Console, title: str, steps: int) -> Iterator[BeginStep]:
    """Shows a section of this number of steps; call the result when a step begins."""
    if not console.is_terminal:
        start = time.monotonic()
        console.out(f"{title} …", highlight=False)
        yield lambda _: None
        console.out(f"{title}: {time.monotonic() - start:.0f} s", highlight=False)
        return
    columns = (
        rich.progress.TextColumn(f"{title:<18}"),
        rich.progress.BarColumn(),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TextColumn("{task.description}"),
    )
    with rich.progress.Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=steps)

        def begin_step(description: str) -> None:
            is_first = bar.tasks[0].description == ""
            bar.update(task, description=description, advance=0 if is_first else 1)

        yield begin_step
        bar.update(task, description="", completed=steps)
