"""Reads the options that the commands for dead letters have in common: which stack, which dead letters.

Owns their names and forms, and what cannot go together.
"""

import functools
import re
from collections.abc import Callable, Sequence

import click

from data_api.shared.ports import DEFAULT_PORT

Decorator = Callable[[Callable[..., None]], Callable[..., None]]

_ID = re.compile(r"[0-9a-f]{32}")


def ids_of(_context: click.Context, _argument: click.Parameter, ids: Sequence[str]) -> Sequence[str]:
    """The ids, each once; raises BadParameter for a text that is not an id."""
    if strange := [id_ for id_ in ids if not _ID.fullmatch(id_)]:
        raise click.BadParameter(f"{strange[0]} is not an id: an id has 32 digits 0-9 and a-f, as in `list --json`.")
    return tuple(dict.fromkeys(ids))


PLACE = (
    click.option("--stack", metavar="NAME", help="A deployment; Pulumi knows where it is.  [default: the local stack]"),
    click.option(
        "--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True, help="The local stack's port."
    ),
)
CHOICE = (
    click.argument("ids", nargs=-1, metavar="[ID]...", callback=ids_of),
    click.option("--reason", metavar="R", help="Those whose reason begins with R."),
    click.option("--all", "is_all", is_flag=True, help="All that have not been replayed."),
)


def options(added: Sequence[Decorator]) -> Decorator:
    """A decorator that adds options in the given order."""
    return lambda command: functools.reduce(lambda inner, option: option(inner), reversed(added), command)


def check_choice(ids: Sequence[str], reason: str | None, *, is_all: bool) -> None:
    """Raises UsageError unless dead letters are chosen in exactly one way."""
    if sum(map(bool, (ids, reason, is_all))) != 1:
        raise click.UsageError("Give ids of dead letters, or --reason, or --all.")
