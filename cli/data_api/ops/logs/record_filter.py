"""Says which log lines are about one record.

A line names the record by its id, or only the message or the trace: `persist` does not know the id of a message that it
cannot read, and the line of an accepted batch has none. So the lines with the id are read first, for these names.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from data_api.ops.logs.entries import Entry, LogReader
from data_api.ops.logs.filters import all_of, any_of, equals, lines_of, since


def record_filter(reader: LogReader, wanted: str, from_: datetime) -> str:
    """The lines about the record with this id, or of the trace with this id; raises GoogleError."""
    with_id = equals("jsonPayload.id", [wanted])
    entries = list(reader.read(all_of(lines_of(reader.deployment), since(from_), with_id)))
    trace = f"projects/{reader.deployment.project}/traces/{wanted}"
    return any_of(with_id, equals("trace", [trace]), *_messages(entries), *_traces(entries))


def _messages(entries: Iterable[Entry]) -> Iterator[str]:
    messages = {str(entry.fields["messageId"]) for entry in entries if entry.fields.get("messageId")}
    if messages:
        yield equals("jsonPayload.messageId", sorted(messages))


def _traces(entries: Iterable[Entry]) -> Iterator[str]:
    """Of a record that was accepted alone, all lines; the trace of a batch is that of its other records, too."""
    alone = {entry.trace for entry in entries if entry.trace and entry.event == "accepted"}
    shared = {entry.trace for entry in entries if entry.trace} - alone
    if alone:
        yield equals("trace", sorted(alone))
    if shared:
        yield f"({all_of(equals('trace', sorted(shared)), equals('jsonPayload.message', ['accepted']))})"
