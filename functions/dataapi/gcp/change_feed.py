"""Reads the changes of a user's records from Firestore, by `changedAt`."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dataapi import timestamps
from dataapi.gcp import record_documents
from dataapi.gcp.change_listener import ChangeListener, changed_since
from dataapi.gcp.firestore import Firestore, QueryResult
from dataapi.gcp.values import TYPES, Value, decoded, encoded
from dataapi.records import change_order
from dataapi.records.change_order import Change, Page, Reading
from dataapi.records.changes import ChangesQuery, check_age
from dataapi.records.pagination import MAX_PAGE_BYTES, MAX_SIZE
from dataapi.telemetry.observer import Observer

_READ_TIMEOUT = 4.0  # seconds, of an RPC and its retries together
_StructuredQuery = TYPES.StructuredQuery.pb()
_ORDER: list[dict[str, Any]] = [
    {"field": {"field_path": path}, "direction": "ASCENDING"} for path in ("changedAt", "__name__")
]


class ChangeFeed:
    """The changes of all users, and who waits for them."""

    def __init__(self, firestore: Firestore, observer: Observer, max_waiting: int) -> None:
        self._firestore = firestore
        self._run_query = observer.reading(firestore.run_query, "RunQuery")
        self.listener = ChangeListener(firestore, max_waiting)

    async def page(self, user_id: str, query: ChangesQuery) -> Page:
        """The changes that a query selects; raises Gone or Unavailable."""
        delay = self._firestore.read_delay
        if query.from_now_on:
            result = await self._query(user_id, _structured(timestamps.LATEST, 1))
            await asyncio.sleep(delay.total_seconds())  # then all before the cursor can be read
            return Page([], change_order.at_the_end(result.read_time))
        while True:
            reading = Reading(query.after, query.size, MAX_PAGE_BYTES)
            page = await self._read(user_id, query, reading)
            if not reading.is_early:
                return page
            await asyncio.sleep(delay.total_seconds())

    async def _read(self, user_id: str, query: ChangesQuery, reading: Reading) -> Page:
        structured = _structured(query.after.read_from if query.after else None, query.size + 1)
        while True:
            readable_until = datetime.now(UTC) - self._firestore.read_delay
            result = await self._query(user_id, structured)
            if query.after:
                check_age(query.after, result.read_time)
            has_more = not result.is_complete or len(result.documents) == structured.limit.value
            # The service's own time; only the emulator needs the clock of this machine, which is its own.
            read_time = min(result.read_time, readable_until) if self._firestore.read_delay else result.read_time
            reading.add(await _changes(result.documents, user_id), read_time, has_more=has_more)
            if page := reading.page:
                return page
            structured = _after(result.documents[-1])

    async def _query(self, user_id: str, structured: Any) -> QueryResult:  # noqa: ANN401  classes made by protobuf at run time
        user = record_documents.user(self._firestore, user_id)
        return await self._run_query(user, structured, MAX_PAGE_BYTES, _READ_TIMEOUT)


async def _changes(documents: Sequence[Any], user_id: str) -> list[Change]:
    live = [document for document in documents if not record_documents.is_tombstone(document)]
    records = {record.id: record for record in await record_documents.records(live, user_id)}
    return [
        Change(
            id=record_documents.id_of(document),
            changed_at=decoded(document.fields["changedAt"]),
            committed_at=record_documents.committed_at(document),
            size=document.ByteSize(),
            record=records.get(record_documents.id_of(document)),
        )
        for document in documents
    ]


def _structured(since: datetime | None, limit: int) -> Any:  # noqa: ANN401  as above
    return _StructuredQuery(
        from_=[{"collection_id": record_documents.COLLECTION}],
        where=None if since is None else changed_since(since),
        order_by=_ORDER,
        limit={"value": limit},
    )


def _after(last: Any) -> Any:  # noqa: ANN401  as above
    """The query that continues behind a document: with many results, since too few were enough for no page."""
    changed_at = decoded(last.fields["changedAt"])
    query = _structured(changed_at, MAX_SIZE + 1)
    query.start_at.values.extend([encoded(changed_at), Value(reference_value=last.name)])
    query.start_at.before = False
    return query
