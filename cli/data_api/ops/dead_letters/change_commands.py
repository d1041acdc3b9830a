"""The commands that change dead letters: `replay`, `discard`, `close-alert`.

Slow libraries are imported inside a command.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from data_api.ops.dead_letters.options import CHOICE, JSON, PLACE, check_choice, options

if TYPE_CHECKING:
    from data_api.ops.dead_letters.actions import Outcome

RATE = 100


@click.command()
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
@options(JSON)
@options(PLACE)
def replay(  # noqa: PLR0913 - one for each option
    *,
    ids: Sequence[str],
    reason: str | None,
    is_all: bool,
    dry_run: bool,
    rate: int,
    as_json: bool,
    stack: str | None,
    port: int,
) -> None:
    """Publish dead letters through the topic again, once their cause is fixed.

    They take the way of every record. A record that is stored already is not stored twice; a record that fails again
    is listed again.
    """
    from data_api.ops.dead_letters import actions, json_output, output, selection  # noqa: PLC0415 - see above
    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - see above

    check_choice(ids, reason, is_all=is_all)
    pause = click.get_current_context().ensure_object(Dependencies).pause
    with selection.open_target(stack, port) as target:
        selected = selection.select(target, ids, reason)
        if dry_run:
            if as_json:
                click.echo(json_output.list_json(selected))
            else:
                output.show_dead_letters(selected)
            return
        with output.bar("Replaying", len(selected)) as progress:
            outcome = actions.replay(target, selected, actions.Pace(rate, pause), progress)
    _report(outcome, "replayed", as_json=as_json)
    raise SystemExit(1 if outcome.not_whole or outcome.changed else 0)


@click.command()
@options(CHOICE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@options(JSON)
@options(PLACE)
def discard(  # noqa: PLR0913 - one for each option
    *, ids: Sequence[str], reason: str | None, is_all: bool, yes: bool, as_json: bool, stack: str | None, port: int
) -> None:
    """Delete dead letters that nobody needs. Asks first.

    Their senders get 404 from then on. The dead-letter topic's retained subscription keeps its copies for 31 days.
    """
    from data_api.ops.dead_letters import actions, output, selection  # noqa: PLC0415 - see above

    check_choice(ids, reason, is_all=is_all)
    with selection.open_target(stack, port) as target:
        selected = selection.select(target, ids, reason)
        if not as_json:
            output.show_reasons(selected)
        if selected and not yes:
            click.confirm(f"Delete {output.counted(len(selected))}? This cannot be undone.", abort=True, err=True)
        with output.bar("Discarding", len(selected)) as progress:
            outcome = actions.discard(target, selected, progress)
    _report(outcome, "discarded", as_json=as_json)
    raise SystemExit(1 if outcome.changed else 0)


@click.command("close-alert")
@click.option("--force", is_flag=True, help="Also while dead letters are still listed.")
@options(PLACE)
def close_alert(*, force: bool, stack: str | None, port: int) -> None:
    """Close the alert on dead letters, once none is listed any more.

    Empties the subscription that has a copy of each dead letter; the alert counts these copies. The dead letters
    themselves stay as they are.
    """
    from data_api.ops.dead_letters import actions, output, selection  # noqa: PLC0415 - see above
    from data_api.shared.errors import CliError  # noqa: PLC0415 - see above

    with selection.open_target(stack, port) as target:
        waiting = selection.waiting(target)
        if waiting and not force:
            raise CliError(
                f"{output.counted(len(waiting))} not yet replayed or discarded: `data-api dead-letters list` shows the "
                "reasons. Replay or discard first, or close the alert with --force."
            )
        actions.empty_subscription(target)
    click.echo("The copies of all dead letters are deleted; the alert closes within minutes.")


def _report(outcome: "Outcome", verb: str, *, as_json: bool) -> None:
    from data_api.ops.dead_letters import json_output, output  # noqa: PLC0415 - see above

    click.echo(json_output.outcome_json(outcome, verb) if as_json else "\n".join(output.summary(outcome, verb)))
