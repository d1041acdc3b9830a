"""Answers entries:list as Cloud Logging does: it evaluates the filter, orders, and gives pages."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.support.infra import log_query
from tests.support.servers.google_server import Call, Json

LIST = ("POST", "logging/v2/entries:list")
PROJECT, PREFIX = "a-project", "data-api-prod"


@dataclass
class CloudLogging:
    """The entries of one project."""

    page_size: int = 1_000  # at most, whatever is asked for
    entries: list[Json] = field(default_factory=list)

    def add(self, *entries: Json) -> None:
        self.entries += entries

    def list(self, call: Call) -> Json:
        assert call.body["resourceNames"] == [f"projects/{PROJECT}"]
        passing = [entry for entry in self.entries if log_query.passes(call.body["filter"], entry)]
        passing.sort(key=lambda entry: entry["timestamp"], reverse=call.body["orderBy"].endswith("desc"))
        start, size = int(call.body.get("pageToken", 0)), min(self.page_size, call.body["pageSize"])
        more = {"nextPageToken": str(start + size)} if start + size < len(passing) else {}
        return {"entries": passing[start : start + size], **more}


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def entry(  # noqa: PLR0913 - what an entry may say
    function: str,
    event: str,
    at: datetime,
    *,
    severity: str = "INFO",
    trace: str = "1" * 32,
    late: timedelta = timedelta(seconds=1),
    **fields: Any,  # noqa: ANN401 - whatever JSON can hold
) -> Json:
    """What Cloud Logging keeps of a line of a function."""
    return {
        **_place(function, "stdout", at, late),
        "severity": severity,
        "trace": f"projects/{PROJECT}/traces/{trace}",
        "jsonPayload": {"message": event, **fields},
    }


def text(function: str, message: str, at: datetime, *, log: str = "stderr", **other: Json) -> Json:
    """An entry that is not structured."""
    return {**_place(function, log, at, timedelta(seconds=1)), "textPayload": message, **other}


def _place(function: str, log: str, at: datetime, late: timedelta) -> Json:
    service = {"service_name": f"{PREFIX}-{function}", "project_id": PROJECT, "location": "us-central1"}
    return {
        "insertId": uuid4().hex,
        "logName": f"projects/{PROJECT}/logs/run.googleapis.com%2F{log}",
        "resource": {"type": "cloud_run_revision", "labels": service},
        "timestamp": stamp(at),
        "receiveTimestamp": stamp(at + late),
    }
