"""The command `doctor`: checks this machine, or a stack before its deployment.

It is above the sub-packages because it uses two of them: `stack` knows what this machine needs, `ops` what a
deployment needs.
"""

import click

from data_api.shared.ports import DEFAULT_PORT


@click.command()
@click.option("--stack", metavar="NAME", help="Check a deployment instead: the stack whose Pulumi.NAME.yaml is here.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The port that the local stack will use.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--only", metavar="NAME", help="Report this check alone, as in functions; it must have run.")
def doctor(stack: str | None, port: int, only: str | None, *, as_json: bool) -> None:
    """Find what would make a deployment fail.

    Prints the command that fixes each problem.

    Without --stack: whether `data-api up` can run on this machine. With it, before `pulumi up`: the credential, the
    project, its billing, services and quotas, your permissions, the organization's policies, a database that an
    earlier deployment left, whether the functions run what the last deployment built, and Pulumi with its plugin,
    state and secrets key. Nothing is changed.

    Exits with 0 if there is no problem, else with 1. A check that cannot run is reported as unknown and counts as
    neither.
    """
    from rich.console import Console  # noqa: PLC0415 - `data-api --help` stays quick without it

    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - the same
    from data_api.ops.doctor import report, stack_checks  # noqa: PLC0415 - the same
    from data_api.stack import machine_checks  # noqa: PLC0415 - the same

    if stack:
        results = stack_checks.check_stack(stack, click.get_current_context().ensure_object(Dependencies))
    else:
        results = machine_checks.checks(port)
    if only:
        results = report.only(results, only)
    if as_json:
        text, is_ok = report.as_json(results)
        click.echo(text)
    else:
        is_ok = report.show(results, Console(highlight=False))
    raise SystemExit(0 if is_ok else 1)
