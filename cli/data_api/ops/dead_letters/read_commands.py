"""The commands that read dead letters: `list`, `show`, `log`. Slow libraries are imported inside a command."""

from collections.abc import Sequence
from datetime import datetime

import click

from data_api.ops.dead_letters.options import JSON, PLACE, ids_of, options
from data_api.shared.since_option import since_of


@click.command("list")
@click.option("--reason", metavar="R", help="List each dead letter whose reason begins with R, with its id.")
@click.option(
    "--since", metavar="TIME", callback=since_of, help="Failed at this time or later: 2026-01-31T12:00Z, 30m, 7d."
)
@click.option("--all", "is_all", is_flag=True, help="Include those that were replayed and have not failed again.")
@options(JSON)
@options(PLACE)
def list_dead_letters(  # noqa: PLR0913 - one for each option
    *, reason: str | None, since: datetime | None, is_all: bool, as_json: bool, stack: str | None, port: int
) -> None:
    """List dead letters, grouped by reason.

    \b
    data-api dead-letters list
    data-api dead-letters list --reason 'Firestore rejected' --since 2d
    """  # noqa: D301 - click's own mark, for lines that stay as they are
    from data_api.ops.dead_letters import documents, json_output, output, selection  # noqa: PLC0415 - see above

    with selection.open_target(stack, port) as target:
        matching = documents.matching(target, reason, since)
    shown = [dead_letter for dead_letter in matching if is_all or dead_letter.replayed_at is None]
    if as_json:
        click.echo(json_output.list_json(shown))
        return
    (output.show_dead_letters if reason else output.show_reasons)(shown)
    if not shown:
        click.echo("There are no dead letters.", err=True)
    if hidden := len(matching) - len(shown):
        click.echo(f"Replayed, and not failed again: {hidden:,}; --all shows them.", err=True)


@click.command()
@click.argument("ids", nargs=1, metavar="ID", callback=lambda context, argument, id_: ids_of(context, argument, [id_]))
@click.option("--payload", "with_payload", is_flag=True, help="Also show what the user sent.")
@options(JSON)
@options(PLACE)
def show(*, ids: Sequence[str], with_payload: bool, as_json: bool, stack: str | None, port: int) -> None:
    """Show one dead letter; what the user sent only with --payload."""
    from data_api.ops.dead_letters import json_output, output, selection  # noqa: PLC0415 - see above

    with selection.open_target(stack, port) as target:
        messages = selection.messages(target, ids)
    for message in messages:
        if as_json:
            click.echo(json_output.message_json(message, with_payload=with_payload))
        else:
            output.show_message(message, with_payload=with_payload)


@click.command("log")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The most entries to show.")
@options(JSON)
@options(PLACE)
def show_log(*, limit: int, as_json: bool, stack: str | None, port: int) -> None:
    """Show who has replayed or discarded what, and when, the newest first."""
    from data_api.ops.dead_letters import actions, json_output, output, selection  # noqa: PLC0415 - see above

    with selection.open_target(stack, port) as target:
        entries = actions.log(target, limit)
    if as_json:
        click.echo(json_output.log_json(entries))
    else:
        output.show_log(entries)
