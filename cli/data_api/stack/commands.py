"""The commands of the local stack: `up`, `status`, `trace`.

Owns what a user may say on the command line. Everything heavy is imported inside a command, so that
`data-api --help` stays quick.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import click

from data_api.shared import stack_state
from data_api.shared.ports import DEFAULT_PORT, LOOPBACK
from data_api.stack.runtime.signals import exit_on_stop_signals

Json = dict[str, Any]

_ID = re.compile(r"[0-9a-f]{32}")
FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"

port_option = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The gateway's port, and the name of the stack: stacks on different ports run side by side.",
)


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
@click.option("--functions", type=click.Path(path_type=Path), default=FUNCTIONS, hidden=True)
def up(port: int, trust_jwks: Path | None, refuse_storing: str | None, functions: Path, *, wants_traces: bool) -> None:
    """Run the whole system on this machine until Ctrl-C.

    The emulators of Firestore and Pub/Sub, the four functions, and Envoy in the gateway's place. Then tokens come
    from `data-api token`, records go in with `data-api send`, and come out with `data-api list`. An emulator that
    FIRESTORE_EMULATOR_HOST or PUBSUB_EMULATOR_HOST names is used instead of a new one. DATA_API_GRANTS,
    DATA_API_CORS_ORIGINS, DATA_API_LIMITS, DATA_API_QUOTA_PER_MINUTE and DATA_API_ROLE_CLAIM set what `pulumi config`
    sets in the cloud.
    """
    exit_on_stop_signals()
    from data_api.stack.launch import launch  # noqa: PLC0415 - see above

    launch(
        port,
        trusted_jwks=trust_jwks,
        refuse_storing=refuse_storing,
        functions=functions.resolve(),
        wants_traces=wants_traces,
        environ=dict(os.environ),
    )


@click.command()
@port_option
@click.option("--json", "wants_json", is_flag=True, help="Print JSON, also when no stack runs.")
def status(port: int, *, wants_json: bool) -> None:
    """Show whether the local stack is healthy.

    Lists its processes with their ports and states.

    Exits with 0 if all of it is, else with 1.
    """
    from rich.console import Console  # noqa: PLC0415 - see above

    from data_api.stack.runtime import health  # noqa: PLC0415 - see above
    from data_api.stack.terminal import status as status_view  # noqa: PLC0415 - see above

    recorded = stack_state.read(stack_state.home(os.environ) / str(port))
    result = health.current_state(recorded) if recorded else None
    if result is None or result.state == health.STOPPED:
        sentence = f"No stack runs on port {port}: start one with `data-api up --port {port}`."
        click.echo(json.dumps(_stopped(port, sentence)) if wants_json else sentence)
        raise SystemExit(1)
    if wants_json:
        click.echo(status_view.as_json(result))
    else:
        status_view.show(result, Console())
    raise SystemExit(0 if result.state == stack_state.READY else 1)


@click.command()
@click.argument("wanted", metavar="ID")
@port_option
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
def trace(wanted: str, port: int, *, wants_json: bool) -> None:
    """Show what happened to one record.

    When it was accepted, published and delivered, and when it was stored or became a dead letter.

    ID is a record's, as `send` prints it, or that of a trace. It is looked up in what the local stack keeps of its
    last run: the log lines, and with `data-api up --trace` the spans, which are drawn below the steps. For a deployed
    stack, docs/operations.md says where to look.
    """
    from rich.console import Console  # noqa: PLC0415 - see above

    from data_api.shared.errors import CliError  # noqa: PLC0415 - see above
    from data_api.stack.traces import record_files, view  # noqa: PLC0415 - see above

    if not _ID.fullmatch(wanted):
        raise click.BadParameter("must be 32 of the digits 0-9 and a-f, as `send` and `list` show them.")
    folder = stack_state.home(os.environ) / str(port)
    result = record_files.find(folder, wanted)
    if result is None:
        raise CliError(
            f"Nothing is known about {wanted} on port {port}: check the id, name the stack's port with --port, "
            "and note that `data-api up` starts with empty logs."
        )
    if wants_json:
        click.echo(view.as_json(result))
    else:
        view.show(result, Console())


def _visible(text: str | None) -> str | None:
    if text is not None and not text.strip():
        raise click.BadParameter("give a text that the records to reject contain.")
    return text


def _stopped(port: int, sentence: str) -> Json:
    return {"url": f"http://{LOOPBACK}:{port}", "state": "stopped", "message": sentence, "processes": []}
