"""Checks whether the recorded state of a stack is still true.

It checks whether each process still runs and is the same process, whether its port answers, and whether a Data API
answers on a port.
"""

import contextlib
import http.client
import json
from dataclasses import replace

import psutil

from data_api.shared.ports import LOOPBACK, accepts
from data_api.shared.stack_state import EXTERNAL, READY, ProcessState, StackState

GONE = "gone"  # the process has ended
SILENT = "not answering"  # its port accepts no connection
STOPPED = "stopped"  # the stack's supervisor has ended
UNHEALTHY = "unhealthy"  # the stack runs, but not all of its processes
CLOCK_STEP = 2.0  # seconds by which the recorded start of a process may differ, if the clock was changed
TIMEOUT = 2.0  # seconds for a response


def current_state(recorded: StackState) -> StackState:
    """The recorded state, corrected by what is true now."""
    if not is_running(recorded.pid, recorded.created):
        return replace(recorded, state=STOPPED)
    processes = tuple(_current_process_state(process) for process in recorded.processes)
    is_changed = processes != recorded.processes
    return replace(recorded, processes=processes, state=UNHEALTHY if is_changed else recorded.state)


def is_data_api(port: int) -> bool:
    """Whether the server on this port answers GET /healthz as in the contract."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT)
    with contextlib.closing(connection), contextlib.suppress(OSError, ValueError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return bool(json.loads(connection.getresponse().read()) == {"status": "ok"})
    return False


def _current_process_state(process: ProcessState) -> ProcessState:
    """The port is checked only if the process is recorded as ready or external."""
    if process.pid is not None and not is_running(process.pid, process.created):
        return replace(process, state=GONE)
    if process.state in {READY, EXTERNAL} and not accepts(process.host, process.port):
        return replace(process, state=SILENT)
    return process


def is_running(pid: int, created: float | None) -> bool:
    """Whether the process runs and is the same that was recorded, as far as its start time shows."""
    try:
        process = psutil.Process(pid)
        is_same = created is None or abs(process.create_time() - created) < CLOCK_STEP
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
