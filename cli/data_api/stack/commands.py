"""The command `up`. Everything heavy is imported inside it, so that `data-api --help` stays quick."""

import os
from pathlib import Path

import click

from data_api.shared.options import port_argument, port_option
from data_api.shared.program_name import program_name
from data_api.stack.runtime.signals import exit_on_stop_signals

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"


@click.command()
@port_option
@click.option(
    "--trust-jwks",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also accept tokens signed with the keys in this JSON Web Key Set, Google's own for example.",
)
@click.option("--trace", "wants_traces", is_flag=True, help="Show the spans of each request as a waterfall.")
@click.option(
    "--refuse-storing",
    metavar="TEXT",
    callback=lambda _context, _option, value: _visible(value),
    help="Let storage reject records that contain TEXT, to see how they become dead letters and are replayed.",
)
@click.option(
    "--fresh", "is_fresh", is_flag=True, help="Start without the records of the last run; the stop replaces them."
)
@click.option(
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, resolve_path=True),
    metavar="FILE",
    help="Send the records of this NDJSON file as ada after the start.",
)
@click.option("--detach", is_flag=True, help="Run in the background; return when the stack is ready.")
@click.option("--verbose", "wants_all_lines", is_flag=True, help="Show every line of the functions, however many.")
@click.option("--quiet", "wants_problems", is_flag=True, help="Show only the functions' warnings and errors.")
@click.option("--functions", type=click.Path(path_type=Path), default=FUNCTIONS, hidden=True)
def up(  # noqa: PLR0913 - one for each option
    port: int,
    trust_jwks: Path | None,
    refuse_storing: str | None,
    seed: Path | None,
    functions: Path,
    *,
    wants_traces: bool,
    is_fresh: bool,
    detach: bool,
    wants_all_lines: bool,
    wants_problems: bool,
) -> None:
    """Run the whole system on this machine until Ctrl-C.

    The emulators of Firestore and Pub/Sub, the six functions, and Envoy in the gateway's place. Then the web page
    opens in a browser. Tokens come from `data-api token`, records go in with `data-api send`, and come out with
    `data-api list`. An emulator that FIRESTORE_EMULATOR_HOST or PUBSUB_EMULATOR_HOST names is used instead of a new
    one. DATA_API_GRANTS, DATA_API_CORS_ORIGINS, DATA_API_LIMITS, DATA_API_QUOTA_PER_MINUTE and DATA_API_ROLE_CLAIM set
    what `pulumi config` sets in the cloud.

    If the functions write more than 20 lines a second, their number is shown once a second; .data-api/PORT/logs has
    all lines. At the stop what was accepted is stored, and all records are kept for the next start on this port.
    """
    if wants_all_lines and wants_problems:
        raise click.UsageError("--verbose and --quiet contradict each other: give one of the two.")
    if detach:
        _start_in_background(port)
        return
    exit_on_stop_signals()
    from data_api.stack.launch import launch  # noqa: PLC0415 - see above
    from data_api.stack.terminal.line_summary import Detail  # noqa: PLC0415 - see above

    launch(
        port,
        trusted_jwks=trust_jwks,
        refuse_storing=refuse_storing,
        functions=functions.resolve(),
        wants_traces=wants_traces,
        is_fresh=is_fresh,
        seed=seed,
        detail=Detail.VERBOSE if wants_all_lines else Detail.QUIET if wants_problems else Detail.SUMMARY,
        environ=dict(os.environ),
    )


def _start_in_background(port: int) -> None:
    from data_api.stack.detached import start_detached  # noqa: PLC0415 - see above

    stack = start_detached(port, _arguments(click.get_current_context()), os.environ)
    click.echo(f"Ready at {stack.url}. Stop it with `{program_name()} down{port_argument(port)}`; logs: {stack.logs}")


def _arguments(context: click.Context) -> list[str]:
    """The options of this call but --detach, as on a command line."""
    arguments: list[str] = []
    for option in context.command.params:
        value = context.params[option.name] if option.name else None
        if isinstance(option, click.Option) and option.name != "detach" and value not in {None, False}:
            arguments += [option.opts[0]] if option.is_flag else [option.opts[0], str(value)]
    return arguments


def _visible(text: str | None) -> str | None:
    if text is not None and not text.strip():
        raise click.BadParameter("give a text that the records to reject contain.")
    return text
