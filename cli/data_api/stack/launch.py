"""Brings a stack up, and down again: the whole of `data-api up` but for its options.

Owns the order of things around the run (claim the folder, check, run, clean up), and what the user is told when all
is up.
"""

import asyncio
import contextlib
import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
from rich.console import Console

from data_api.shared import record_schema, stack_state
from data_api.shared.errors import CliError
from data_api.shared.options import port_argument
from data_api.shared.printable import json_text
from data_api.shared.program_name import program_name
from data_api.shared.stack_state import StackState
from data_api.stack.composition import PROJECT, Options, Stack, compose
from data_api.stack.data.backlog import Backlog
from data_api.stack.data.export import Export
from data_api.stack.data.persistence import Persistence
from data_api.stack.data.undelivered import Undelivered
from data_api.stack.emulators.download import progress_on
from data_api.stack.emulators.emulator import FIRESTORE, PUBSUB
from data_api.stack.emulators.provision import (
    ATTEMPTS,
    DEAD_LETTER_SUBSCRIPTION,
    DEAD_LETTER_TOPIC,
    SUBSCRIPTION,
    TOPIC,
)
from data_api.stack.gateway import quota
from data_api.stack.runtime.function_processes import DATABASE, role_claim
from data_api.stack.runtime.settings_check import settings_check
from data_api.stack.runtime.signals import ignore_stop_signals
from data_api.stack.runtime.supervisor import supervise
from data_api.stack.sign_in.server import serving_sign_in
from data_api.stack.terminal.line_summary import Detail
from data_api.stack.terminal.progress import Progress
from data_api.stack.terminal.terminal import Draw, Terminal
from data_api.stack.traces import span_log

USER = "ada"  # whose token the user is given to begin with
ROLES = ("data.read", "data.write")


def launch(  # noqa: PLR0913 - one for each option of the command
    port: int,
    *,
    trusted_jwks: Path | None,
    refuse_storing: str | None,
    functions: Path,
    wants_traces: bool,
    is_fresh: bool,
    seed: Path | None,
    detail: Detail,
    environ: Mapping[str, str],
) -> None:
    """Returns after a signal to stop; refuses with CliError when the stack cannot come up or go on."""
    home = stack_state.home(environ)
    folder = home / str(port)
    console = Console(highlight=False)
    scratch_folder = tempfile.TemporaryDirectory(prefix="data-api-", ignore_cleanup_errors=True)
    with (
        stack_state.claimed(folder),
        scratch_folder as scratch,
        _traces(folder, wanted=wants_traces) as (show, endpoint),
        serving_sign_in(port, home / stack_state.SIGNING_KEY, role_claim(environ)) as sign_in,
        settings_check(functions, environ) as check,
    ):
        per_minute = quota.per_minute(environ)
        options = Options(
            port,
            functions,
            trusted_jwks,
            home,
            Path(scratch),
            endpoint,
            refuse_storing,
            per_minute,
            is_fresh,
            sign_in,
            seed,
        )
        stack = compose(options, environ=environ, progress=progress_on(console))
        check.wait()
        _begin_files(stack, options)
        terminal = Terminal(console, str(stack.logs), detail)
        show(terminal.draw)
        try:
            asyncio.run(_run(stack, options, terminal))
        finally:
            ignore_stop_signals()
            terminal.close()


@contextlib.contextmanager
def _traces(folder: Path, *, wanted: bool) -> Iterator[tuple[Callable[[Draw], None], str | None]]:
    """How they are shown, and the endpoint to which spans go; without traces none, and none of an earlier run."""
    if not wanted:
        span_log.clear(folder)
        yield lambda _: None, None
        return
    from data_api.stack.traces.live_view import recorded_spans  # noqa: PLC0415 - a server, for those who want it

    with recorded_spans(folder) as (traces, endpoint):
        yield traces.show, endpoint


async def _run(stack: Stack, options: Options, terminal: Terminal) -> None:
    progress = Progress(options.folder, _beginning(stack), terminal)
    welcome = _welcome(stack, options)
    await supervise(stack, progress, _persistence(stack, options, terminal), lambda: welcome)
    terminal.say("Stopped: no process is left running.")


def _persistence(stack: Stack, options: Options, terminal: Terminal) -> Persistence:
    own = {process.name for process in stack.processes}
    database = f"projects/{PROJECT}/databases/{DATABASE}"
    folder = options.folder / stack_state.DATA
    saved = Export(folder, database, stack.emulators[FIRESTORE.host_variable]) if "firestore" in own else None
    undelivered = Undelivered(stack.emulators[PUBSUB.host_variable], PROJECT) if "pubsub" in own else None
    return Persistence(saved, undelivered, Backlog(PROJECT), terminal.say, is_fresh=options.is_fresh)


def _begin_files(stack: Stack, options: Options) -> None:
    """Empties the logs, and writes the text that storage rejects; raises CliError."""
    try:
        stack.logs.mkdir(exist_ok=True)
        for process in stack.processes:
            stack.log(process.name).write_bytes(b"")
        options.refusal_file.unlink(missing_ok=True)  # of a run before
        if options.refuse_storing is not None:
            options.refusal_file.write_text(options.refuse_storing, encoding="utf-8")
    except OSError as error:
        raise CliError(
            f"{options.folder} cannot be written ({error.strerror}): "
            f"free some space, or set {stack_state.HOME_VARIABLE} to another folder."
        ) from error


def _beginning(stack: Stack) -> StackState:
    this = psutil.Process()
    return StackState(
        url=stack.url,
        state=stack_state.STARTING,
        pid=this.pid,
        created=this.create_time(),
        logs=str(stack.logs),
        names={
            "project": PROJECT,
            "database": DATABASE,
            "topic": TOPIC,
            "subscription": SUBSCRIPTION,
            "deadLetterTopic": DEAD_LETTER_TOPIC,
            "deadLetterSubscription": DEAD_LETTER_SUBSCRIPTION,
        },
        emulators=stack.emulators,
        processes=stack.initial_states,
    )


def _welcome(stack: Stack, options: Options) -> str:
    """What to do first; the lines at the margin can be pasted as they are."""
    record = shlex.quote(json_text(record_schema.example()))
    beside = f" -H 'x-api-key: {quota.KEY}'" if options.quota else ""
    options_of_stack = port_argument(options.port) + (f" --api-key {quota.KEY}" if options.quota else "")
    program = program_name()
    token = f"{program} token --user {USER} {' '.join(f'--role {role}' for role in ROLES)}"
    return f"""
  The web page: {stack.url}/
  Post a record as {USER}:
curl -i {stack.url}/data -H 'content-type: application/json' -d {record} -H "authorization: Bearer $({token})"{beside}
  Read it back:
{program} list --user {USER}{options_of_stack}
  Tokens for other users and roles: {program} token --help{_rejecting(options, program)}
  Logs: {stack.logs}
  Ctrl-C stops everything.
"""


def _rejecting(options: Options, program: str) -> str:
    if options.refuse_storing is None:
        return ""
    return f"""
  Storage rejects records that contain {options.refuse_storing!r}; they become dead letters after {ATTEMPTS} attempts.
  List them, fix the cause, replay them:
{program} dead-letters list{port_argument(options.port)}
rm {shlex.quote(str(options.refusal_file))}
{program} dead-letters replay --reason Firestore{port_argument(options.port)}"""
