"""The commands for records that could not be stored: `data-api dead-letters list`, `show`, `replay` and more."""

import click

from data_api.ops.dead_letters.change_commands import close_alert, discard, replay
from data_api.ops.dead_letters.read_commands import list_dead_letters, show, show_log


@click.group("dead-letters")
def dead_letters() -> None:
    """List, replay and discard dead letters.

    A record that was accepted and cannot be stored is a dead letter after its last attempt, and its sender gets 410.
    Fix the cause, then replay it. However often it is replayed, a record is stored once.

    An ID is that of a dead letter, or of a record.
    """


for command in (list_dead_letters, show, replay, discard, close_alert, show_log):
    dead_letters.add_command(command)
