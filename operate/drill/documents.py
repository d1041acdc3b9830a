"""Reads a database of the data API: its users, and the documents users/{user}/records/{id} of each.

Owns the queries, in the form of Firestore's REST interface, and the hash of a document. Needs no index but the one on
`createdAt`. Leaves what differs between two databases to `comparison.py`.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from operate.google import Google, Json

_USERS_AT_ONCE = 300
_DOCUMENTS_AT_ONCE = 200
_IDS = 16**32  # an id is 32 hexadecimal digits, all equally likely


@dataclass(frozen=True, slots=True)
class Database:
    """A database, and who reads it. `name` is projects/{project}/databases/{database}."""

    google: Google
    name: str


@dataclass(frozen=True, slots=True)
class Document:
    """A record as it is stored."""

    id: str
    fields: Json  # in Firestore's JSON, which tells 1 from 1.0

    @property
    def hash(self) -> str:
        """Of all that is stored of it, whatever order its names are in."""
        return hashlib.sha256(json.dumps(self.fields, sort_keys=True).encode()).hexdigest()

    def moment(self, field: str) -> datetime | None:
        """The time that a field holds; None where it holds none."""
        value = self.fields.get(field, {}).get("timestampValue")
        return None if value is None else moment(value)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the ids: from one, included, to another, excluded."""

    first: str = ""
    end: str = ""  # nothing: to the last

    @staticmethod
    def of(share: float, place: float) -> "Slice":
        """As much of the ids as `share` says, beginning at `place` of what room that leaves; both from 0 to 1."""
        width = int(_IDS * share)
        first = int((_IDS - width) * place)
        return Slice(f"{first:032x}", f"{first + width:032x}" if first + width < _IDS else "")


def users(database: Database) -> Iterator[str]:
    """Everybody who has a record, by name. Nothing is stored of a user but records: `showMissing` names them."""
    parameters = {"pageSize": str(_USERS_AT_ONCE), "showMissing": "true", "mask.fieldPaths": "__name__"}
    while True:
        page = database.google.get("firestore", f"/v1/{database.name}/documents/users", parameters)
        for each in page.get("documents", []):
            yield each["name"].rpartition("/")[2]
        if not page.get("nextPageToken"):
            return
        parameters["pageToken"] = page["nextPageToken"]


def count(database: Database, user: str, until: datetime) -> int:
    """How many records of a user were created until then."""
    query = {"from": [{"collectionId": "records"}], "where": {"fieldFilter": _created_until(until)}}
    asked = {"structuredQuery": query, "aggregations": [{"alias": "count", "count": {}}]}
    path = f"/v1/{database.name}/documents/users/{quote(user, safe='')}:runAggregationQuery"
    answer = database.google.ask("firestore", path, {"structuredAggregationQuery": asked})
    return int(answer[0]["result"]["aggregateFields"]["count"]["integerValue"])


def records(database: Database, user: str, part: Slice) -> Iterator[Document]:
    """A user's records in the order of their ids, read page by page."""
    parent = f"{database.name}/documents/users/{user}"
    path = f"/v1/{database.name}/documents/users/{quote(user, safe='')}:runQuery"
    start = {"values": [_reference(parent, part.first)], "before": True} if part.first else None
    while True:
        answers = database.google.ask("firestore", path, {"structuredQuery": _query(parent, start, part.end)})
        found = [each["document"] for each in answers if "document" in each]
        for each in found:
            yield Document(each["name"].rpartition("/")[2], each.get("fields", {}))
        if len(found) < _DOCUMENTS_AT_ONCE:
            return
        start = {"values": [{"referenceValue": found[-1]["name"]}], "before": False}


def moment(text: str) -> datetime:
    """A time as Google writes it, with up to nine digits behind the second."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(whole).replace(microsecond=int(fraction[:6].ljust(6, "0")), tzinfo=UTC)


def written(time: datetime) -> str:
    """A time as Google reads it."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _query(parent: str, start: Json, end: str) -> Json:
    query: dict[str, Json] = {
        "from": [{"collectionId": "records"}],
        "orderBy": [{"field": {"fieldPath": "__name__"}, "direction": "ASCENDING"}],
        "limit": _DOCUMENTS_AT_ONCE,
    }
    if start:
        query["startAt"] = start
    if end:
        query["endAt"] = {"values": [_reference(parent, end)], "before": True}
    return query


def _created_until(until: datetime) -> Json:
    value = {"timestampValue": written(until)}
    return {"field": {"fieldPath": "createdAt"}, "op": "LESS_THAN_OR_EQUAL", "value": value}


def _reference(parent: str, record: str) -> Json:
    return {"referenceValue": f"{parent}/records/{record}"}
