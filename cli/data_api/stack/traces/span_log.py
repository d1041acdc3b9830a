"""Keeps the spans of a stack in its folder, and finds those of a trace again.

Owns the files: spans.ndjson, and spans.1.ndjson with those before, each of a bounded size. They are begun anew with
each `data-api up`.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from data_api.shared.traces.spans import Span, from_line

NEWEST, OLDER = "spans.ndjson", "spans.1.ndjson"
LARGEST = 16 * 2**20  # bytes of a file: some 20,000 requests


class SpanLog:
    """The files of one run, for one writer."""

    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        self._folder = folder
        self._largest = largest
        (folder / OLDER).unlink(missing_ok=True)
        self._file = (folder / NEWEST).open("wb")

    def add(self, spans: Iterable[Span]) -> None:
        """A disk that is full must not stop the stack."""
        with contextlib.suppress(OSError, ValueError):  # the latter for a file that is closed: the stack ends
            if self._file.tell() > self._largest:
                self._file.close()
                (self._folder / NEWEST).replace(self._folder / OLDER)
                self._file = (self._folder / NEWEST).open("wb")
            self._file.writelines(f"{span.line()}\n".encode() for span in spans)
            self._file.flush()

    def close(self) -> None:
        """The files stay, to be read after the stack's end."""
        self._file.close()


def clear(folder: Path) -> None:
    """A run without traces leaves none of an earlier one's."""
    for name in (NEWEST, OLDER):
        (folder / name).unlink(missing_ok=True)


def find(folder: Path, ids: Sequence[str]) -> list[Span]:
    """The spans that name one of these ids: of a trace, or begun by one."""
    wanted = [id_.encode() for id_ in ids]
    results = (from_line(line) for line in _lines(folder) if any(trace_id in line for trace_id in wanted))
    return [span for span in results if span]


def _lines(folder: Path) -> Iterator[bytes]:
    for name in (OLDER, NEWEST):
        with contextlib.suppress(FileNotFoundError), (folder / name).open("rb") as lines:
            yield from lines
