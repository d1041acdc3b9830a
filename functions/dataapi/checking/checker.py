"""Decides where records are checked: small ones at once, the others in a process of their own.

To read 256 KiB of JSON takes 10 ms in one piece, and meanwhile the instance answers nobody. So one process (`program`)
checks what is larger than a small record, in groups, and the operating system lets requests go before it. It is started
when it is needed first.
"""

import asyncio
import os
import sys
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

import orjson

from dataapi.errors import Problem, Unavailable
from dataapi.records import rules
from dataapi.records.rules import Invalid
from dataapi.records.schema import Check

MAX_AT_ONCE = 1_000  # microseconds, roughly, that a check may take in this process
MAX_GROUP = rules.MAX_RECORD_BYTES  # bytes that the process gets at once; between them, those of other requests
MAX_SECONDS = 10.0  # until all of a request is checked; the gateway waits 15 s for the answer
_BYTES = 32  # of text that are checked in a microsecond
_MAX_ANSWER = 2**20  # bytes
_NICE = 15  # the process has a thirtieth of the CPU while requests need it
_FUNCTIONS = Path(__file__).parents[2]  # where Python finds the program


class Checker:
    """Checks records by a schema. One for all requests, because they share a process."""

    def __init__(self, schema_file: Path, check: Check) -> None:
        self._command = (sys.executable, "-m", "dataapi.checking.program", str(schema_file.resolve()))
        self._check = check
        self._turn = asyncio.Lock()  # who has waited longest is the next
        self._process: Process | None = None

    async def check(self, records: Sequence[bytes]) -> Invalid:
        """The invalid records; raises Unavailable if too much is being checked, or if the process fails."""
        if _is_small(records):
            return rules.invalid(records, self._check)
        result: dict[int, rules.Problems] = {}
        loop = asyncio.get_running_loop()
        end = loop.time() + MAX_SECONDS
        for first, group in _groups(records):
            async with self._turn:
                if loop.time() > end:
                    raise Unavailable("Too many large requests are being checked; nothing was stored. Retry.")
                answer = await self._answer(group)
            result.update((first + int(position), _problems(of)) for position, of in answer.items())
        return result

    async def stop(self) -> None:
        """Ends the process; it is started again when it is needed."""
        process, self._process = self._process, None
        if process:
            with suppress(ProcessLookupError):  # it has ended by itself
                process.kill()
            await process.wait()

    async def _answer(self, group: Sequence[bytes]) -> dict[str, list[tuple[str, str]] | str]:
        try:
            process = self._process or await self._started()
            stdin, stdout = cast("StreamWriter", process.stdin), cast("StreamReader", process.stdout)
            stdin.write(b"".join([orjson.dumps([*map(len, group)]), b"\n", *group]))
            async with asyncio.timeout(MAX_SECONDS):
                answer = await stdout.readuntil()
        except (OSError, IncompleteReadError) as error:  # it took too long, or the process has ended
            await self.stop()
            raise Unavailable("The records could not be checked; nothing was stored. Retry.") from error
        except BaseException:  # or the answer would be taken for that to the next group
            await self.stop()
            raise
        return cast("dict[str, list[tuple[str, str]] | str]", orjson.loads(answer))

    async def _started(self) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, cwd=_FUNCTIONS, stdin=PIPE, stdout=PIPE, limit=_MAX_ANSWER
        )
        os.setpriority(os.PRIO_PROCESS, self._process.pid, os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
        return self._process


def _is_small(records: Sequence[bytes]) -> bool:
    size = sum(map(len, records))
    return size <= MAX_AT_ONCE * _BYTES and sum(map(expected_microseconds, records)) <= MAX_AT_ONCE


def expected_microseconds(record: bytes) -> int:
    """About how long the check of a record takes at most: texts are cheap, objects and long integers are not."""
    digits = len(record) - len(record.translate(None, b"0123456789"))
    containers = record.count(b"{") + record.count(b"[")
    return 5 + len(record) // _BYTES + digits // 2 + record.count(b",") + 5 * containers


def _groups(records: Sequence[bytes]) -> Iterator[tuple[int, Sequence[bytes]]]:
    """The records in groups, each with the position of its first."""
    first, size = 0, 0
    for position, record in enumerate(records):
        if size and size + len(record) > MAX_GROUP:
            yield first, records[first:position]
            first, size = position, 0
        size += len(record)
    yield first, records[first:]


def _problems(written: list[tuple[str, str]] | str) -> rules.Problems:
    return written if isinstance(written, str) else [Problem(*each) for each in written]
