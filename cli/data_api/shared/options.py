"""The options that commands of several sub-packages have: a port of the local stack, the id of a record."""

import re

import click

from data_api.shared.ports import DEFAULT_PORT

_ID = re.compile(r"[0-9a-f]{32}")

port_option = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The gateway's port, and the name of the stack: stacks on different ports run side by side.",
)


def port_argument(port: int) -> str:
    """As a command line needs it: with a space before it, or empty for the default."""
    return "" if port == DEFAULT_PORT else f" --port {port}"


def ids_of(context: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of records, each once; raises BadParameter."""
    return tuple(dict.fromkeys(text for text in texts if id_of(context, param, text)))


def id_of(_context: click.Context, _param: click.Parameter, text: str | None) -> str | None:
    """The id of a record or a trace; raises BadParameter."""
    if text is not None and not _ID.fullmatch(text):
        raise click.BadParameter("must be 32 of the digits 0-9 and a-f, as `send` and `list` show them.")
    return text
