"""The commands for what could not be stored: `data-api dead-letters list`, `show`, `replay`, `discard`, `log`.

Owns what each may be told. Everything heavy is imported inside a command, so that `data-api --help` stays quick.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from data_api.ops.dead_letters.options import CHOICE, PLACE, check_choice, ids_of, options
from data_api.shared.errors import CliError, ExitCode
from data_api.shared.since_option import since_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from data_api.ops.dead_letters.documents import DeadLetter
    from data_api.ops.dead_letters.target import Target


RATE = 100


@click.group("dead-letters")
def dead_letters() -> None:
    """List, replay and discard dead letters.

    A record that was accepted and cannot be stored is a dead letter after its last attempt, and its sender gets 410.
    Fix the cause, then replay it. However often it is replayed, a record is stored once.
    """


@dead_letters.command("list")
@click.option("--reason", metavar="R", help="List each dead letter whose reason begins with R, with its id.")
@click.option(
    "--since",
    metavar="TIME",
    callback=since_of,
    help="Failed at this time or later: 30m, 7d, 2026-01-31, 2026-01-31T12:00Z.",
)
@click.option("--all", "is_all", is_flag=True, help="Include those that were replayed and have not failed again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every dead letter.")
@options(PLACE)
def list_letters(  # noqa: PLR0913 - one for each option
    *, reason: str | None, since: datetime | None, is_all: bool, as_json: bool, stack: str | None, port: int
) -> None:
    """List dead letters, grouped by reason.

    \b
    data-api dead-letters list
    data-api dead-letters list --reason 'Firestore rejected' --since 2d
    """  # noqa: D301 - click's own mark, for lines that stay as they are
    from data_api.ops.dead_letters import documents, output  # noqa: PLC0415 - see above

    with _place(stack, port) as target:
        matching = documents.matching(target, reason, since)
    shown = [dead_letter for dead_letter in matching if is_all or dead_letter.replayed_at is None]
    if as_json:
        click.echo(output.as_json(shown))
        return
    (output.show_letters if reason else output.show_reasons)(shown)
    if not shown:
        click.echo("There are no dead letters.", err=True)
    if hidden := len(matching) - len(shown):
        click.echo(f"Replayed, and not failed again: {hidden:,}; --all shows them.", err=True)


@dead_letters.command()
@click.argument("ids", nargs=1, metavar="ID", callback=lambda context, argument, id_: ids_of(context, argument, [id_]))
@click.option("--payload", "with_payload", is_flag=True, help="Also show what the user sent.")
@options(PLACE)
def show(*, ids: Sequence[str], with_payload: bool, stack: str | None, port: int) -> None:
    """Show one dead letter; what the user sent only with --payload."""
    from data_api.ops.dead_letters import documents, output  # noqa: PLC0415 - see above

    with _place(stack, port) as target:
        messages = documents.messages(target, ids)
    if not messages:
        raise CliError(
            f"There is no dead letter {ids[0]}: `data-api dead-letters list --json` has the id of each.",
            ExitCode.NOT_FOUND,
        )
    output.show_message(messages[0], with_payload=with_payload)


@dead_letters.command()
@options(CHOICE)
@click.option("--dry-run", is_flag=True, help="Only list which dead letters would be replayed.")
@click.option(
    "--rate",
    type=click.IntRange(min=1),
    default=RATE,
    show_default=True,
    metavar="N",
    help="Dead letters a second, at most.",
)
@options(PLACE)
def replay(  # noqa: PLR0913 - one for each option
    *,
    ids: Sequence[str],
    reason: str | None,
    is_all: bool,
    dry_run: bool,
    rate: int,
    stack: str | None,
    port: int,
) -> None:
    """Publish dead letters through the topic again, once their cause is fixed.

    They take the way of every record. What is stored already is not stored twice; what dies again is listed again.
    """
    from data_api.ops.dead_letters import actions, output  # noqa: PLC0415 - see above
    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - see above

    check_choice(ids, reason, is_all=is_all)
    pause = click.get_current_context().ensure_object(Dependencies).pause
    with _place(stack, port) as target:
        chosen = _chosen(target, ids, reason)
        if dry_run:
            output.show_letters(chosen)
            return
        with output.bar("Replaying", len(chosen)) as progress:
            outcome = actions.replay(target, chosen, actions.Pace(rate, pause), progress)
    click.echo("\n".join(output.summary(outcome, "replayed")))
    raise SystemExit(1 if outcome.not_whole or outcome.changed else 0)


@dead_letters.command()
@options(CHOICE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@options(PLACE)
def discard(  # noqa: PLR0913 - one for each option
    *, ids: Sequence[str], reason: str | None, is_all: bool, yes: bool, stack: str | None, port: int
) -> None:
    """Delete dead letters that nobody needs. Asks first.

    Their senders get 404 from then on. The dead-letter topic's retained subscription keeps its copies for 31 days.
    """
    from data_api.ops.dead_letters import actions, output  # noqa: PLC0415 - see above

    check_choice(ids, reason, is_all=is_all)
    with _place(stack, port) as target:
        chosen = _chosen(target, ids, reason)
        output.show_reasons(chosen)
        if chosen and not yes:
            click.confirm(f"Delete {output.counted(len(chosen))}? This cannot be undone.", abort=True, err=True)
        with output.bar("Discarding", len(chosen)) as progress:
            outcome = actions.discard(target, chosen, progress)
    click.echo("\n".join(output.summary(outcome, "discarded")))
    raise SystemExit(1 if outcome.changed else 0)


@dead_letters.command("log")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The most entries to show.")
@options(PLACE)
def show_log(*, limit: int, stack: str | None, port: int) -> None:
    """Show who has replayed or discarded what, and when, the newest first."""
    from data_api.ops.dead_letters import actions, output  # noqa: PLC0415 - see above

    with _place(stack, port) as target:
        output.show_log(actions.log(target, limit))


def _place(stack: str | None, port: int) -> "AbstractContextManager[Target]":
    from data_api.ops.dead_letters import target  # noqa: PLC0415 - see above
    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - see above

    return target.target(click.get_current_context().ensure_object(Dependencies), stack, port)


def _chosen(target: "Target", ids: Sequence[str], reason: str | None) -> "list[DeadLetter]":
    """The dead letters that are named; else those of a reason, or of any, that are not replayed. Raises CliError."""
    from data_api.ops.dead_letters import documents  # noqa: PLC0415 - see above

    if not ids:
        return [letter for letter in documents.matching(target, reason, None) if letter.replayed_at is None]
    by_id = {message.dead_letter.id: message.dead_letter for message in documents.messages(target, ids)}
    if missing := [id_ for id_ in ids if id_ not in by_id]:
        raise CliError(f"There is no dead letter {missing[0]}; nothing was changed.", ExitCode.NOT_FOUND)
    return [by_id[id_] for id_ in ids]
