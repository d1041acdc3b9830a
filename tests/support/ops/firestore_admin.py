"""Firestore's admin interface for one project: backups, operations, and databases of which it knows the description."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from data_api.ops.google_api import written
from tests.support.servers import google_server
from tests.support.servers.google_server import Call, GoogleServer, refusal

PROJECT = "drilled"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)  # when the newest backup was made

Json = Any


@dataclass
class FirestoreAdmin:
    """The admin interface of one project. A new database gets what `fill` writes into it once it is restored."""

    server: GoogleServer
    live: str
    fill: Callable[[str], None]
    backups: list[Json] = field(default_factory=list)
    fields: list[Json] = field(default_factory=list)
    existing: dict[str, Json] = field(default_factory=dict)  # databases, by name
    deleted: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    protects: bool = False  # a new database
    busy: int = 0  # how often a new database cannot be deleted yet
    start_answer: Json = None  # what the call to restore answers, if not with an operation
    outcome: Json = field(default_factory=lambda: {"done": True, "response": {}})

    def __post_init__(self) -> None:
        self.existing[f"projects/{PROJECT}/databases/{self.live}"] = self.description(self.live)
        self.existing[f"projects/{PROJECT}/databases/another"] = self.description("another")
        base = f"firestore/v1/projects/{PROJECT}"
        self.server.answers |= {
            ("GET", f"{base}/databases/{self.live}"): self.description(self.live),
            ("GET", f"{base}/locations/us-central1/backups"): lambda _: {"backups": self.backups},
            ("POST", f"{base}/databases:restore"): self.start_operation,
            ("POST", f"{base}/databases:clone"): self.start_operation,
            ("GET", f"{base}/databases/{self.live}/collectionGroups/records/fields"): lambda _: {"fields": self.fields},
        }

    def description(self, database: str) -> Json:
        return {
            "name": f"projects/{PROJECT}/databases/{database}",
            "uid": f"uid-of-{database}",
            "locationId": "us-central1",
            "earliestVersionTime": written(NOON - timedelta(days=6)),
            "deleteProtectionState": "DELETE_PROTECTION_ENABLED"
            if database == self.live
            else "DELETE_PROTECTION_DISABLED",
        }

    def backup(self, name: str, taken: datetime, **other: str) -> None:
        path = f"projects/{PROJECT}/locations/us-central1/backups/{name}"
        ready = {"name": path, "snapshotTime": written(taken), "state": "READY", "databaseUid": f"uid-of-{self.live}"}
        self.backups.append(ready | other)

    def start_operation(self, call: Call) -> Json:
        new_id = call.body["databaseId"]
        name = f"projects/{PROJECT}/databases/{new_id}"
        if self.start_answer is not None:
            return self.start_answer(name) if callable(self.start_answer) else self.start_answer
        self.create(name)
        return {"name": f"{name}/operations/1"}

    def create(self, name: str) -> None:
        protection = "DELETE_PROTECTION_ENABLED" if self.protects else "DELETE_PROTECTION_DISABLED"
        self.existing[name] = self.description(name.rpartition("/")[2]) | {"deleteProtectionState": protection}
        progress = iter([{"completedWork": "1", "estimatedWork": "2"}])
        self.server.answers |= {
            ("GET", f"firestore/v1/{name}"): lambda _: self.existing.get(name, google_server.not_found(name)),
            ("GET", f"firestore/v1/{name}/operations/1"): lambda _: self.operation(name, next(progress, None)),
            ("POST", f"firestore/v1/{name}/operations/1:cancel"): lambda _: self.cancel(name),
            ("PATCH", f"firestore/v1/{name}"): lambda call: self.update(name, call.body),
            ("DELETE", f"firestore/v1/{name}"): lambda _: self.delete(name),
        }

    def operation(self, name: str, progress: Json) -> Json:
        result = {"name": f"{name}/operations/1"}
        if progress:
            return result | {"metadata": {"operationState": "PROCESSING", "progressPercentage": progress}}
        if "response" in self.outcome:
            self.fill(name)
        return result | self.outcome

    def cancel(self, name: str) -> Json:
        self.cancelled.append(name)
        return {}

    def update(self, name: str, changed: Json) -> Json:
        self.existing[name] |= changed
        return {"name": f"{name}/operations/3", "done": True, "response": {}}

    def delete(self, name: str) -> Json:
        if self.busy:
            self.busy -= 1
            return refusal(400, "FAILED_PRECONDITION", "The database is being restored.")
        if self.existing[name]["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED":
            return refusal(400, "INVALID_ARGUMENT", "The database is protected.")
        del self.existing[name]
        self.deleted.append(name)
        return {"name": f"{name}/operations/2", "done": True, "response": {}}

    def is_as_before(self) -> bool:
        """Whether the temporary database is gone, and no other one was deleted."""
        others = {f"projects/{PROJECT}/databases/{database}" for database in (self.live, "another")}
        deletions_of_others = [path for path in self.server.paths("DELETE") if "-drill-" not in path]
        return others == set(self.existing) and not deletions_of_others
