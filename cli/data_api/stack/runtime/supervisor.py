"""Keeps the stack running: starts its parts side by side, watches them, stops them all.

Owns the rules. A function that ends is started again, as the cloud would, after a pause that grows if it ends at
once again and again. The end of any other part ends the stack. A signal to stop ends it well. Whatever the end,
no process is left.
"""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from data_api.shared import stack_state
from data_api.shared.errors import CliError
from data_api.stack.composition import PROJECT, Stack
from data_api.stack.emulators.emulator import FIRESTORE, PUBSUB
from data_api.stack.emulators.provision import provision
from data_api.stack.emulators.warm_up import warm_up
from data_api.stack.runtime.function_processes import DATABASE
from data_api.stack.runtime.orphan_reaper import OrphanReaper, orphan_reaper
from data_api.stack.runtime.process_spec import ProcessSpec
from data_api.stack.runtime.processes import Program, start
from data_api.stack.runtime.readiness import until
from data_api.stack.runtime.signals import STOP_SIGNALS
from data_api.stack.terminal.progress import Progress

STOP_GRACE_PERIOD = 3.0  # seconds between SIGTERM and SIGKILL
SLOW = 15.0  # seconds after which the terminal says what is still awaited
SHORT_LIFE = 10.0  # seconds; a function that ends sooner has ended at once
LONGEST_PAUSE = 30.0  # seconds before a function is started again


class _StopAsked(Exception):  # no error, but the way out of a task group
    """Somebody wants the stack to stop."""


@dataclass(frozen=True)
class _Run:
    """What the tasks of one run share."""

    stack: Stack
    progress: Progress
    orphan_reaper: OrphanReaper
    welcome: Callable[[], str]  # signs a token, so it is called in a thread


async def supervise(stack: Stack, progress: Progress, welcome: Callable[[], str]) -> None:
    """Says `welcome` when all is up, and returns after a signal to stop; either way nothing is left running.

    Refuses with CliError when the stack cannot go on.
    """
    stop = asyncio.Event()
    for stop_signal in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(stop_signal, stop.set)
    try:
        with orphan_reaper(stack.scratch) as reaper:
            await _run(_Run(stack, progress, reaper, welcome), stop)
    except ExceptionGroup as group:
        if group.subgroup(_StopAsked):
            return
        if faults := group.subgroup(CliError):
            raise faults.exceptions[0] from None
        raise


async def _run(run: _Run, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_heed(stop, run))
        for part in run.stack.parts:
            tasks.create_task(_keep(part, run))
        tasks.create_task(_settle(run))


async def _heed(stop: asyncio.Event, run: _Run) -> NoReturn:
    await stop.wait()
    run.progress.say("Stopping …")
    raise _StopAsked


async def _keep(part: ProcessSpec, run: _Run) -> NoReturn:
    """One life after another; refuses with CliError the end of a part that the stack cannot be without."""
    clock = asyncio.get_running_loop().time
    short_lives = 0
    while True:
        began = clock()
        how = _how_it_ended(await _live(part, run))
        if not part.restarts:
            raise CliError(
                f"The {part.title} ended unexpectedly ({how}), so everything was stopped: "
                f"see {run.stack.log(part.name)}, then run `data-api up` again."
            )
        short_lives = short_lives + 1 if clock() - began < SHORT_LIFE else 0
        pause = pause_before_restart(short_lives)
        run.progress.part(part.name, stack_state.RESTARTING)
        run.progress.say(f"{part.name} ended ({how}); starting it again{f' in {pause:.0f} s' if pause else ''}.")
        await asyncio.sleep(pause)


def pause_before_restart(short_lives: int) -> float:
    """Seconds: none after one short life, then 1, 2, 4, …, so that nothing spins."""
    return float(min(2 ** (short_lives - 2), LONGEST_PAUSE)) if short_lives > 1 else 0.0


async def _live(part: ProcessSpec, run: _Run) -> int:
    """From start to end, whichever way; gives the exit code, negative for a signal."""
    command = await asyncio.to_thread(part.command)
    program = Program(part.name, command, part.environ, run.stack.log(part.name))
    running = await start(program, run.orphan_reaper, run.progress.hearer(part))
    announcement = asyncio.create_task(_announce(part, run, running.pid))
    try:
        return await running.end()
    finally:
        announcement.cancel()
        # What an ended process leaves behind is not asked: it may keep the port that the next one needs.
        await running.stop(STOP_GRACE_PERIOD if running.code is None else 0)


async def _announce(part: ProcessSpec, run: _Run, pid: int) -> None:
    run.progress.part(part.name, stack_state.STARTING, pid)
    await until(part.answers, part.port)
    run.progress.part(part.name, stack_state.READY, pid)


async def _settle(run: _Run) -> None:
    reminder = asyncio.create_task(_remind(run))
    try:
        await run.progress.ready_of("pubsub")
        await asyncio.to_thread(provision, run.stack.emulators[PUBSUB.host_variable], PROJECT, run.stack.pushes)
        await run.progress.ready_of("firestore")
        await asyncio.to_thread(warm_up, run.stack.emulators[FIRESTORE.host_variable], PROJECT, DATABASE)
        await run.progress.all_ready()
    finally:
        reminder.cancel()  # what is started again later on is another matter
    run.progress.settled()
    run.progress.say(await asyncio.to_thread(run.welcome))


async def _remind(run: _Run) -> None:
    await asyncio.sleep(SLOW)
    if awaited := run.progress.awaited():
        run.progress.say(f"Still waiting for {', '.join(awaited)}; the logs are in {run.stack.logs}.")


def _how_it_ended(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
