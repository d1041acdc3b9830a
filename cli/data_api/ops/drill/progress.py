"""Shows the progress of the drill: progress bars in a terminal, else one line for each step.

Everything is printed to standard error, because standard output has the report.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import rich.progress
from rich.console import Console


class Progress:
    """The progress of a running drill."""

    def __init__(self, console: Console, bar: rich.progress.Progress) -> None:
        self._console = console
        self._bar = bar
        self._restoring = bar.add_task("Restoring", total=1.0)
        self._comparing = bar.add_task("Comparing", total=None, visible=False)

    def say(self, text: str) -> None:
        """Prints which step begins."""
        self._console.print(text, highlight=False, soft_wrap=True)

    def restoring(self, share: float) -> None:
        """Shows the share that is restored, from 0 to 1, as estimated by Google."""
        self._bar.update(self._restoring, completed=share)

    def comparing(self, done: int, users: int) -> None:
        """Shows how many users are compared."""
        self._bar.update(self._restoring, completed=1.0)
        self._bar.update(self._comparing, completed=done, total=users, visible=True)


@contextmanager
def progress_on(console: Console) -> Iterator[Progress]:
    """Shows the progress for the duration of the `with` block."""
    columns = (
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.TaskProgressColumn(),
        rich.progress.TimeElapsedColumn(),
    )
    with rich.progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield Progress(console, bar)
