"""The command `status`: shows whether the local stack or a deployment is healthy.

It is above the sub-packages because it uses two of them: `stack` knows the local processes, `ops` asks Google.
"""

import os

import click


@click.command()
@click.option("--stack", metavar="NAME", help="A deployment; Pulumi knows where it is.  [default: the local stack]")
@click.option("--port", type=click.IntRange(1, 65535), help="The local stack on this port.  [default: all that run]")
@click.option("--env", "as_variables", is_flag=True, help="Print `export` lines with the addresses of the local stack.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, also when no stack runs.")
def status(stack: str | None, port: int | None, *, as_variables: bool, as_json: bool) -> None:
    """Show whether a stack is healthy.

    Without --stack: the processes of the local stacks of this project with their ports and states. With --env, in a
    POSIX shell `eval "$(data-api status --env)"` lets Google's client libraries and `data-api` use the local stack;
    `data-api up` in that shell would use its emulators, too.

    With --stack: the functions with the revisions that serve, the gateway with its configuration and address, the
    messages that wait and for how long, the dead letters, the errors that were logged in the last hour, and the alerts
    that are open.

    Needs attention: a function or the gateway that is not active; a message that has waited for 15 minutes, or a
    backlog that grew in each of the last 10 minutes; and any dead letter, error or open alert.

    Exits with 0 if nothing needs attention, else with 1. A part that cannot be read is shown as unknown with the
    reason, and counts as neither, unless it is all of them. You need roles/viewer, roles/datastore.viewer and
    roles/monitoring.alertViewer; with fewer roles you see fewer parts.
    """
    from rich.console import Console  # noqa: PLC0415 - `data-api --help` stays quick without it

    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - the same
    from data_api.ops.status import readings, report  # noqa: PLC0415 - the same
    from data_api.stack.terminal.status import show_local_status, show_variables  # noqa: PLC0415 - the same

    if as_variables and (stack or as_json):
        raise click.UsageError("--env is for the local stack, and without --json.")
    if as_variables:
        show_variables(os.environ, port)
        return
    if not stack:
        raise SystemExit(0 if show_local_status(os.environ, port, as_json=as_json) else 1)
    result = readings.read_status(click.get_current_context().ensure_object(Dependencies), stack)
    if as_json:
        click.echo(report.as_json(result))
    else:
        report.show(result, Console(highlight=False))
    raise SystemExit(0 if result.is_ok else 1)
