"""Shows how far the benchmark is: a bar in a terminal, a line for each section in a pipe."""

import contextlib
import time
from collections.abc import Callable, Iterator

import rich.progress
from rich.console import Console

Tell = Callable[[str], None]  # names what is measured now


@contextlib.contextmanager
def section(console: Console, title: str, steps: int) -> Iterator[Tell]:
    """For a section of so many steps; each step is told when it begins."""
    if not console.is_terminal:
        began = time.monotonic()
        console.out(f"{title} …", highlight=False)
        yield lambda _: None
        console.out(f"{title}: {time.monotonic() - began:.0f} s", highlight=False)
        return
    columns = (
        rich.progress.TextColumn(f"{title:<18}"),
        rich.progress.BarColumn(),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TextColumn("{task.description}"),
    )
    with rich.progress.Progress(*columns, console=console) as shown:
        task = shown.add_task("", total=steps)

        def tell(what: str) -> None:
            done = shown.tasks[0].description != ""
            shown.update(task, description=what, advance=1 if done else 0)

        yield tell
        shown.update(task, description="", completed=steps)
