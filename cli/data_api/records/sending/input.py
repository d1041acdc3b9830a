"""Chooses where `send` reads its records: from its arguments, a file, or a pipe.

An argument that is JSON is a record, also if a file has this name. Any other is the path of a file.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import click

from data_api.records.sending.json_text import problem_of
from data_api.records.sending.sources import Source, from_arguments, from_stream
from data_api.shared.printable import printable

_STDIN = "standard input"
_SHOWN = 60  # characters of an argument in a message


def chosen_source(context: click.Context, arguments: Sequence[str], file: IO[bytes] | None) -> Source:
    """The records; an opened file is closed with the context. Raises UsageError."""
    if arguments and file:
        raise click.UsageError("Give records as arguments or with --file, not both.")
    if file:
        name = getattr(file, "name", "<stdin>")  # not every stream has one
        return from_stream(file, _STDIN if name == "<stdin>" else name)
    if not arguments and (sys.stdin is None or sys.stdin.isatty()):
        raise click.UsageError("Give records as arguments, in a file (--file FILE), or from a pipe.")
    if not arguments or list(arguments) in (["-"], ["@-"]):
        return from_stream(sys.stdin.buffer, _STDIN)
    problems = {argument: problem for argument in arguments if (problem := _problem(argument))}
    if not problems:
        return from_arguments(arguments)
    if len(arguments) > 1:
        raise click.UsageError(_not_json_among_others(*next(iter(problems.items()))))
    return _from_file(context, *next(iter(problems.items())))


def _problem(argument: str) -> str | None:
    """Why an argument is not JSON. Python reads bytes that are not UTF-8 as surrogates."""
    return problem_of(argument.encode(errors="surrogateescape"))


def _from_file(context: click.Context, argument: str, problem: str) -> Source:
    path = argument.removeprefix("@")
    try:
        stream: IO[bytes] = context.with_resource(Path(path).open("rb"))  # noqa: SIM115 - the context closes it
    except (OSError, ValueError) as error:  # the latter for a path with a null character
        reason = getattr(error, "strerror", None) or "not a path"
        raise click.UsageError(
            f"{_shown(argument)} is neither JSON ({problem}) nor a file that can be read ({reason}). "
            "Give a JSON object, or the path of a file, also with --file FILE."
        ) from None
    return from_stream(stream, printable(path))


def _not_json_among_others(argument: str, problem: str) -> str:
    return (
        f"{_shown(argument)} is not JSON ({problem}). Several arguments are one record each; to send a file, give its "
        "path alone or with --file FILE."
    )


def _shown(argument: str) -> str:
    text = printable(argument)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
