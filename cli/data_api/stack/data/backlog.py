"""Counts the records that were accepted and are not stored yet, from the functions' log lines.

The Pub/Sub emulator does not tell how many messages wait. A message is known by its trace, which `generate` logs when
it accepts records, and `persist` and `dead-letter` when they have stored one.
"""

import asyncio

from data_api.shared.log_lines import TRACE, structured_fields

STORED = {"stored", "duplicate", "dead_lettered"}
MAX_EARLY = 10_000  # traces with a stored message and no accepted one: published by others, or delivered again


class Backlog:
    """The messages of a run that wait."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._accepted: dict[str, int] = {}  # by trace
        self._stored: dict[str, set[str]] = {}  # by trace: ids of messages, because one may be delivered again
        self._changed = asyncio.Event()

    def take(self, line: bytes) -> None:
        """Takes a line of a function's output; other lines than those of records are ignored."""
        fields = structured_fields(line.decode(errors="replace")) or {}
        event, trace = fields.get("message"), str(fields.get(TRACE))
        if event == "accepted":
            records = fields.get("records")
            self._accepted[trace] = self._accepted.get(trace, 0) + (records if isinstance(records, int) else 1)
        elif event in STORED:
            self._stored.setdefault(trace, set()).add(str(fields.get("messageId")))
        else:
            return
        self._forget(trace)
        self._changed.set()

    def expect(self, trace_id: str) -> None:
        """Counts a record that an earlier run has accepted."""
        trace = f"projects/{self._project}/traces/{trace_id}"
        self._accepted[trace] = self._accepted.get(trace, 0) + 1

    def size(self) -> int:
        """The number of records that wait."""
        return sum(max(0, count - len(self._stored.get(trace, ()))) for trace, count in self._accepted.items())

    async def wait_until_empty(self) -> None:
        """Returns when no record waits."""
        while self.size():
            self._changed.clear()
            await self._changed.wait()

    def _forget(self, trace: str) -> None:
        """Forgets a trace whose records are all stored, and the oldest trace that had no accepted record for long."""
        if self._accepted.get(trace) == len(self._stored.get(trace, ())):
            del self._accepted[trace], self._stored[trace]
        if len(self._stored) > len(self._accepted) + MAX_EARLY:
            del self._stored[next(trace for trace in self._stored if trace not in self._accepted)]
