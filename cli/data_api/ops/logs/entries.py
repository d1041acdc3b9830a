"""Reads entries from Cloud Logging (https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list).

Owns the form of an entry and the pages of an answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_api.ops.deployment import Deployment
from data_api.ops.google_api import Google, Json, moment
from data_api.shared.log_lines import TRACE
from data_api.shared.traces.timeline import Line

OLDEST_FIRST, NEWEST_FIRST = "timestamp asc", "timestamp desc"
_PAGE = 1_000  # entries, the most that one call returns
_OF_REQUESTS = ("status", "latency")


@dataclass(frozen=True, slots=True)
class Entry:
    """One log line. `fields` holds `message`, the name of an event or a text, and what else the line says."""

    id: tuple[str, str, str]  # time, insertId and log: no other entry has the same three
    at: datetime
    received_at: datetime
    function: str
    severity: str
    fields: Mapping[str, Any]  # whatever JSON can hold
    trace: str  # projects/{project}/traces/{id}, or nothing

    @property
    def event(self) -> str:
        """Its name, or the text of a line without structure."""
        return str(self.fields["message"])

    @property
    def trace_id(self) -> str:
        """Without the project."""
        return self.trace.rpartition("/")[2]

    def line(self) -> Line:
        """In the form of which a timeline is made."""
        return Line(self.function, self.at, {**self.fields, TRACE: self.trace})


@dataclass(frozen=True, slots=True)
class LogReader:
    """Reads the entries of one deployment's project."""

    google: Google
    deployment: Deployment

    def read(self, filter_: str, order: str = OLDEST_FIRST, page_size: int = _PAGE) -> Iterator[Entry]:
        """The entries that pass, page by page as they are asked for; raises GoogleError."""
        query: dict[str, Json] = {
            "resourceNames": [f"projects/{self.deployment.project}"],
            "filter": filter_,
            "orderBy": order,
            "pageSize": page_size,
        }
        while True:
            page = self.google.ask("logging", "/v2/entries:list", query)
            for content in page.get("entries", []):
                yield self._entry(content)
            if not page.get("nextPageToken"):  # a page may be empty and not be the last
                return
            query["pageToken"] = page["nextPageToken"]

    def _entry(self, content: Json) -> Entry:
        labels = content.get("resource", {}).get("labels", {})
        return Entry(
            id=(content["timestamp"], content.get("insertId", ""), content.get("logName", "")),
            at=moment(content["timestamp"]),
            received_at=moment(content.get("receiveTimestamp") or content["timestamp"]),
            function=self.deployment.part(labels.get("service_name", "")),
            severity=content.get("severity", "DEFAULT"),
            fields=_fields(content),
            trace=content.get("trace", ""),
        )


def _fields(content: Json) -> Mapping[str, Any]:
    """What a function logs has a message; what Cloud Run says is a text, with a status where it is about a request."""
    if "jsonPayload" in content:
        return {"message": "", **{name: _number(value) for name, value in content["jsonPayload"].items()}}
    request = content.get("httpRequest", {})
    return {
        "message": content.get("textPayload", ""),
        **{name: request[name] for name in _OF_REQUESTS if name in request},
    }


def _number(value: Json) -> Json:
    """Cloud Logging keeps every number as a double."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
