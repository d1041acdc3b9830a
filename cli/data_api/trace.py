"""The command `trace`: shows what happened to one record, in the local stack or in a deployment.

It is above the sub-packages because it uses two of them: `stack` has the local stack's files, `ops` asks Google.
"""

import os

import click

from data_api.shared.options import id_of, port_option


@click.command()
@click.argument("wanted", metavar="ID", callback=id_of)
@click.option("--stack", metavar="NAME", help="A deployment; Pulumi knows where it is.  [default: the local stack]")
@port_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def trace(wanted: str, stack: str | None, port: int, *, as_json: bool) -> None:
    """Show what happened to one record.

    When it was accepted, published and delivered, and when it was stored or became a dead letter.

    ID is a record's, as `send` prints it, or that of a trace. Without --stack it is looked up in what the local stack
    keeps of its last run: the log lines, and with `data-api up --trace` the spans, which are drawn below the steps.
    With --stack it is looked up in Cloud Logging, and if the request was sampled, in Cloud Trace; you need
    roles/logging.viewer and roles/cloudtrace.user.
    """
    from rich.console import Console  # noqa: PLC0415 - `data-api --help` stays quick without it

    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - the same
    from data_api.ops.traces.deployed_timeline import deployed_timeline  # noqa: PLC0415 - the same
    from data_api.shared.traces import view  # noqa: PLC0415 - the same
    from data_api.stack.traces.local_timeline import local_timeline  # noqa: PLC0415 - the same

    note = ""
    if stack:
        dependencies = click.get_current_context().ensure_object(Dependencies)
        timeline, note = deployed_timeline(dependencies, stack, wanted)
    else:
        timeline = local_timeline(os.environ, port, wanted)
    if as_json:
        click.echo(view.as_json(timeline))
    else:
        view.show(timeline, Console())
    if note:
        click.echo(note, err=True)
