"""Judges whether what a stack has recorded of itself is still true.

Owns the questions: does the process live, and is it the same one; does the port answer; is it a Data API that
answers there.
"""

import contextlib
import http.client
import json
from dataclasses import replace

import psutil

from data_api.shared.ports import LOOPBACK, accepts
from data_api.shared.stack_state import EXTERNAL, READY, ProcessState, StackState

GONE = "gone"  # its process is no more
SILENT = "not answering"  # its port accepts no connection
STOPPED = "stopped"  # the stack's supervisor is no more
UNHEALTHY = "unhealthy"  # the stack runs, but not all of it
CLOCK_STEP = 2.0  # seconds by which the recorded beginning of a process may differ: the clock may have been set
TIMEOUT = 2.0  # seconds for an answer


def examined(recorded: StackState) -> StackState:
    """The same with what is found now; only a part recorded as well is looked at more closely."""
    if not _lives(recorded.pid, recorded.created):
        return replace(recorded, state=STOPPED)
    parts = tuple(_examined_part(part) for part in recorded.parts)
    is_changed = parts != recorded.parts
    return replace(recorded, parts=parts, state=UNHEALTHY if is_changed else recorded.state)


def is_data_api(port: int) -> bool:
    """Whether the server on this port answers GET /healthz as the contract has it."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT)
    with contextlib.closing(connection), contextlib.suppress(OSError, ValueError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return bool(json.loads(connection.getresponse().read()) == {"status": "ok"})
    return False


def _examined_part(part: ProcessState) -> ProcessState:
    if part.pid is not None and not _lives(part.pid, part.created):
        return replace(part, state=GONE)
    if part.state in {READY, EXTERNAL} and not accepts(part.host, part.port):
        return replace(part, state=SILENT)
    return part


def _lives(pid: int, created: float | None) -> bool:
    try:
        process = psutil.Process(pid)
        same = created is None or abs(process.create_time() - created) < CLOCK_STEP
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
