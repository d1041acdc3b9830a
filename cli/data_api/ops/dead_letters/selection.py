"""Opens the stack that a command for dead letters names, and selects its dead letters."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

import click

from data_api.ops.dead_letters import documents, target
from data_api.ops.dead_letters.documents import DeadLetter, Message
from data_api.ops.dead_letters.target import Target
from data_api.ops.dependencies import Dependencies
from data_api.shared.errors import CliError, ExitCode


def open_target(stack: str | None, port: int) -> AbstractContextManager[Target]:
    """The deployment of a stack, or the local stack on a port."""
    return target.target(click.get_current_context().ensure_object(Dependencies), stack, port)


def waiting(opened: Target, reason: str | None = None) -> list[DeadLetter]:
    """Those that are not replayed, or have failed again since: all, or those of a reason."""
    matching = documents.matching(opened, reason, None)
    return [dead_letter for dead_letter in matching if dead_letter.replayed_at is None]


def select(opened: Target, ids: Sequence[str], reason: str | None) -> list[DeadLetter]:
    """The dead letters with these ids; without ids those that are waiting. Raises CliError for an unknown id."""
    if not ids:
        return waiting(opened, reason)
    return list({message.dead_letter.id: message.dead_letter for message in messages(opened, ids)}.values())


def messages(opened: Target, ids: Sequence[str]) -> list[Message]:
    """The messages of these ids, each the id of a dead letter or of a record; raises CliError for an unknown one."""
    by_id = documents.lookup(opened, ids)
    if missing := [id_ for id_, of_id in by_id.items() if not of_id]:
        raise CliError(
            f"There is no dead letter with the id {missing[0]}, and none of a record with that id; nothing was "
            "changed. `data-api dead-letters list --json` shows the ids of both.",
            ExitCode.NOT_FOUND,
        )
    return [message for of_id in by_id.values() for message in of_id]
