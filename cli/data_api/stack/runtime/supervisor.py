"""Runs the stack: starts all its processes, watches them, and stops them.

A function that ends is restarted, as in the cloud, after a pause that grows if it repeatedly ends soon after its start.
The end of any other process stops the stack with an error. A stop signal stops it without an error, after what was
accepted is stored and saved. In all cases no process is left running.
"""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from data_api.shared import stack_state
from data_api.shared.errors import CliError
from data_api.shared.start_command import start_command
from data_api.stack.composition import PROJECT, Stack
from data_api.stack.data.persistence import Persistence
from data_api.stack.data.seed import send_seed
from data_api.stack.emulators.emulator import FIRESTORE, PUBSUB
from data_api.stack.emulators.provision import provision
from data_api.stack.emulators.warm_up import warm_up
from data_api.stack.runtime.function_processes import DATABASE
from data_api.stack.runtime.orphan_reaper import OrphanReaper, orphan_reaper
from data_api.stack.runtime.process_spec import ProcessSpec
from data_api.stack.runtime.processes import OnLine, Program, start
from data_api.stack.runtime.readiness import wait_until_ready
from data_api.stack.runtime.signals import STOP_SIGNALS
from data_api.stack.terminal.progress import Progress

STOP_GRACE_PERIOD = 3.0  # seconds between SIGTERM and SIGKILL
SLOW_START = 15.0  # seconds after which the terminal says which processes are not ready
SHORT_RUN = 10.0  # seconds; the pause grows if a function ends sooner
MAX_PAUSE = 30.0  # seconds before a function is restarted
ACCEPTS, DATABASE_PROCESS = "generate", "firestore"  # names of processes


class _StopRequested(Exception):  # not an error: it ends the task group
    """A stop signal arrived."""


@dataclass(frozen=True)
class _Run:
    """The shared data of the tasks of one run."""

    stack: Stack
    progress: Progress
    orphan_reaper: OrphanReaper
    persistence: Persistence
    stop: asyncio.Event
    welcome: Callable[[], str]  # signs a token, so it is called in a thread


async def supervise(stack: Stack, progress: Progress, persistence: Persistence, welcome: Callable[[], str]) -> None:
    """Runs the stack until a stop signal; shows the text of `welcome` when all processes are ready.

    Raises CliError if the stack cannot continue. No process is left running in either case, and the records are saved
    if the Firestore emulator still runs.
    """
    stop = asyncio.Event()
    for stop_signal in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(stop_signal, stop.set)
    try:
        with orphan_reaper(stack.scratch) as reaper:
            await _run(_Run(stack, progress, reaper, persistence, stop, welcome))
    except ExceptionGroup as group:
        if group.subgroup(_StopRequested):
            return
        if errors := group.subgroup(CliError):
            raise errors.exceptions[0] from None
        raise


async def _run(run: _Run) -> None:
    async with asyncio.TaskGroup() as tasks:
        by_name = {process.name: tasks.create_task(_keep_running(process, run)) for process in run.stack.processes}
        tasks.create_task(_wait_for_stop(run, by_name[ACCEPTS]))
        tasks.create_task(_finish_start(run))


async def _wait_for_stop(run: _Run, accepting: asyncio.Task[NoReturn]) -> NoReturn:
    """Ends what accepts records first, so that what it has accepted can be stored and saved."""
    await run.stop.wait()
    run.progress.say("Stopping …")
    accepting.cancel()
    await asyncio.wait([accepting])
    await run.persistence.drain(run.stop)
    await run.persistence.save(run.stop)
    raise _StopRequested


async def _keep_running(process: ProcessSpec, run: _Run) -> NoReturn:
    """Runs a function again and again; raises CliError when a process ends that is not restarted."""
    clock = asyncio.get_running_loop().time
    short_runs = 0
    while True:
        start_time = clock()
        reason = _end_reason(await _run_once(process, run))
        if not process.restarts:
            if process.name != DATABASE_PROCESS:
                await run.persistence.save(run.stop)
            raise CliError(
                f"The {process.title} ended unexpectedly ({reason}), so everything was stopped: "
                f"see {run.stack.log(process.name)}, then run `{start_command(run.stack.port)}` again."
            )
        short_runs = short_runs + 1 if clock() - start_time < SHORT_RUN else 0
        pause = pause_before_restart(short_runs)
        run.progress.set_state(process.name, stack_state.RESTARTING)
        run.progress.say(f"{process.name} ended ({reason}); restarting it{f' in {pause:.0f} s' if pause else ''}.")
        await asyncio.sleep(pause)


def pause_before_restart(short_runs: int) -> float:
    """Seconds: 0 after one short run, then 1, 2, 4, …, so that a failing function takes little CPU time."""
    return float(min(2 ** (short_runs - 2), MAX_PAUSE)) if short_runs > 1 else 0.0


async def _run_once(process: ProcessSpec, run: _Run) -> int:
    """From start to end; returns the exit code, negative for a signal."""
    command = await asyncio.to_thread(process.command)
    program = Program(process.name, command, process.environ, run.stack.log(process.name))
    running = await start(program, run.orphan_reaper, _line_callback(process, run))
    announcement = asyncio.create_task(_announce(process, run, running.pid))
    try:
        return await running.wait()
    finally:
        announcement.cancel()
        # Children of an ended process get no SIGTERM: they may keep the port that the next process needs.
        await running.stop(STOP_GRACE_PERIOD if running.exit_code is None else 0)


def _line_callback(process: ProcessSpec, run: _Run) -> OnLine:
    show = run.progress.line_callback(process)
    if not process.restarts:
        return show

    def take(line: bytes) -> None:
        run.persistence.backlog.take(line)
        show(line)

    return take


async def _announce(process: ProcessSpec, run: _Run, pid: int) -> None:
    run.progress.set_state(process.name, stack_state.STARTING, pid)
    await wait_until_ready(process.probe, process.port)
    run.progress.set_state(process.name, stack_state.READY, pid)


async def _finish_start(run: _Run) -> None:
    reminder = asyncio.create_task(_remind(run))
    try:
        await run.progress.wait_for("pubsub")
        await asyncio.to_thread(provision, run.stack.emulators[PUBSUB.host_variable], PROJECT, run.stack.pushes)
        await run.progress.wait_for(DATABASE_PROCESS)
        await run.persistence.load()
        await asyncio.to_thread(warm_up, run.stack.emulators[FIRESTORE.host_variable], PROJECT, DATABASE)
        await run.progress.wait_for_all()
    finally:
        reminder.cancel()  # the reminder is not for later restarts
    run.progress.finish_start()
    run.progress.say(await asyncio.to_thread(run.welcome))
    if run.stack.seed:
        await send_seed(run.stack.seed, run.orphan_reaper, run.progress.say)


async def _remind(run: _Run) -> None:
    await asyncio.sleep(SLOW_START)
    if names := run.progress.not_ready():
        run.progress.say(f"Still waiting for {', '.join(names)}; the logs are in {run.stack.logs}.")


def _end_reason(exit_code: int) -> str:
    return f"exit code {exit_code}" if exit_code >= 0 else f"by {signal.Signals(-exit_code).name}"
