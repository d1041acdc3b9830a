"""Shows how far the drill is: a bar in a terminal, anywhere else a line for each step.

Everything goes to standard error: standard output is the report's.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import rich.progress
from rich.console import Console


class Progress:
    """What the drill tells of itself while it runs."""

    def __init__(self, console: Console, bar: rich.progress.Progress) -> None:
        self._console = console
        self._bar = bar
        self._restoring = bar.add_task("Restoring", total=1.0)
        self._comparing = bar.add_task("Comparing", total=None, visible=False)

    def say(self, text: str) -> None:
        """A step begins."""
        self._console.print(text, highlight=False, soft_wrap=True)

    def restoring(self, share: float) -> None:
        """How much is restored, from 0 to 1, as Google estimates it."""
        self._bar.update(self._restoring, completed=share)

    def comparing(self, done: int, users: int) -> None:
        """How many users are compared."""
        self._bar.update(self._restoring, completed=1.0)
        self._bar.update(self._comparing, completed=done, total=users, visible=True)


@contextmanager
def shown(console: Console) -> Iterator[Progress]:
    """The bars for the block."""
    columns = (
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.TaskProgressColumn(),
        rich.progress.TimeElapsedColumn(),
    )
    with rich.progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield Progress(console, bar)
