"""Creates the Firestore database of the stack, its indexes, TTL policies and backups, and the grants on it.

Firestore has no IAM policy for a single database: the grants are on the project, each with a condition that names this
database. Destroying the component loses all records; a protected stack refuses that.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.function import Function
from deployment.components.keys import Key
from deployment.components.protection import deletion_policy, protected_options
from deployment.configuration import Environment

# Collections.
RECORDS = "records"  # one below each user: functions/dataapi/gcp/record_store.py
DEAD_LETTERS, REJECTIONS = "deadLetters", "rejections"  # functions/dataapi/gcp/dead_letter_store.py
DEAD_LETTER_LOG = "deadLetterLog"  # cli/data_api/ops/dead_letters/actions.py

_REJECTION_DAYS = 31  # longer than Pub/Sub retries a rejected message, and as long as Pub/Sub keeps its dead letter
_DAY = 24 * 60 * 60  # seconds
# Tombstones take the place of records until everything is gone that could store a deleted record again
# (docs/operations.md). The same number is in functions/dataapi/records/changes.py.
TOMBSTONE_DAYS = 120
_CHANGE = [f"datastore.entities.{action}" for action in ("create", "get", "list", "update", "delete")]
_Indexes = gcp.firestore.FieldIndexConfigArgsDict
_Ttl = gcp.firestore.FieldTtlConfigArgsDict


@dataclass(frozen=True)
class DatabaseArgs:
    """Arguments of the component Database."""

    environment: Environment
    name: str
    key: Key | None  # None: Google's encryption
    protected: bool
    recoverable: bool  # with point-in-time recovery and backups
    retention_days: int  # 0: records are kept for ever


class Database(pulumi.ComponentResource):
    """The database, with indexes only on the fields that are queried."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Database", name, None, opts)
        self._args = args
        self._child_options = pulumi.ResourceOptions(parent=self)
        database = gcp.firestore.Database(
            name,
            project=args.environment.project,
            name=args.name,
            location_id=args.environment.region,
            type="FIRESTORE_NATIVE",
            database_edition="STANDARD",
            app_engine_integration_mode="DISABLED",  # else disabling the App Engine app would disable the database
            point_in_time_recovery_enablement=f"POINT_IN_TIME_RECOVERY_{_enabled(on=args.recoverable)}",
            delete_protection_state=f"DELETE_PROTECTION_{_enabled(on=args.protected)}",
            # Always set: the provider's default keeps the database of a destroyed stack, and its costs.
            deletion_policy=deletion_policy(protected=args.protected),
            cmek_config={"kms_key_name": args.key.name} if args.key else None,
            opts=pulumi.ResourceOptions.merge(
                protected_options(self, protected=args.protected),
                pulumi.ResourceOptions(depends_on=args.key.grants if args.key else None),
            ),
        )
        self.name = database.name
        _create_indexes(self.name, args.retention_days, self._child_options)
        if args.recoverable:
            _schedule_backups(self.name, self._child_options)
        self.register_outputs({"name": self.name})

    def grant_create_records(self, function: Function) -> None:
        """Allows a function to create documents, but not to read, update or delete any."""
        self._grant(function, "create-records", ["datastore.entities.create"])

    def grant_read_records(self, function: Function) -> None:
        """Allows a function to read and query documents."""
        self._grant(function, "read-records", ["datastore.entities.get", "datastore.entities.list"])

    def grant_delete_records(self, function: Function) -> None:
        """Allows a function to put tombstones in place of records, and to find and delete their dead letters."""
        self._grant(function, "delete-records", _CHANGE)

    def grant_store_dead_letters(self, function: Function) -> None:
        """Allows a function to create and update documents, and to find and delete those of deleted records."""
        self._grant(function, "keep-dead-letters", _CHANGE)

    def _grant(self, function: Function, action: str, permissions: list[str]) -> None:
        """Creates a custom role, named like the action (verb-object), and grants it to a function.

        In a prepared project both exist (infra/bootstrap/accounts.py).
        """
        if self._args.environment.prepared:
            return
        verb, _, object_ = action.partition("-")
        role = gcp.projects.IAMCustomRole(
            action,
            role_id=f"{self._args.environment.prefix}_{action}".replace("-", "_"),
            title=f"{self._args.environment.prefix}: {action.replace('-', ' ')}",
            permissions=permissions,
            opts=self._child_options,
        )
        path = f"projects/{self._args.environment.project}/databases/{self._args.name}"
        gcp.projects.IAMMember(
            f"{verb}s-{object_}",
            project=self._args.environment.project,
            role=role.name,
            member=function.member,
            condition={
                "title": f"{self._args.name} only",
                "expression": f'resource.type == "firestore.googleapis.com/Database" && resource.name == "{path}"',
            },
            opts=self._child_options,
        )


def _enabled(*, on: bool) -> str:
    return "ENABLED" if on else "DISABLED"


def _create_indexes(database: pulumi.Input[str], retention_days: int, child_options: pulumi.ResourceOptions) -> None:
    """Creates indexes on the queried fields and TTL policies, and exempts all other fields (`*`) from indexing.

    By default Firestore indexes every field, which costs writes and storage.
    """
    rejection_ttl: _Ttl = {"expiration_offset": f"{_REJECTION_DAYS * _DAY}s"}
    fields: tuple[tuple[str, str, str, _Indexes, _Ttl | None], ...] = (
        ("no-field", RECORDS, "*", {}, None),
        ("creation-time", RECORDS, "createdAt", _index("ASCENDING", "DESCENDING"), None),
        ("change-time", RECORDS, "changedAt", _index("ASCENDING"), None),
        ("record-expiry", RECORDS, *_record_expiry(retention_days)),
        ("no-field-of-dead-letters", DEAD_LETTERS, "*", {}, None),
        ("last-death", DEAD_LETTERS, "lastAt", _index("ASCENDING"), None),
        ("reason", DEAD_LETTERS, "reason", _index("ASCENDING"), None),
        ("dead-letter-record", DEAD_LETTERS, "recordId", _index("ASCENDING"), None),
        ("expiry", DEAD_LETTERS, "expiresAt", {}, {}),
        ("no-field-of-rejections", REJECTIONS, "*", {}, None),
        ("rejection-time", REJECTIONS, "at", {}, rejection_ttl),
        ("no-field-of-dead-letter-log", DEAD_LETTER_LOG, "*", {}, None),
        ("log-time", DEAD_LETTER_LOG, "at", _index("DESCENDING"), None),
    )
    previous: list[pulumi.Resource] = []
    for name, collection, field, indexes, ttl in fields:
        resource = gcp.firestore.Field(
            name,
            database=database,
            collection=collection,
            field=field,
            index_config=indexes,
            ttl_config=ttl,
            # One after the other: Firestore accepts one such change at a time.
            opts=pulumi.ResourceOptions.merge(
                child_options,
                # A new retention can move the TTL policy to another field: first it must be gone from the old one.
                pulumi.ResourceOptions(depends_on=previous, delete_before_replace=True),
            ),
        )
        previous = [resource]


def _record_expiry(retention_days: int) -> tuple[str, _Indexes, _Ttl]:
    """The one TTL policy that Firestore allows for a collection: for tombstones, and with a retention for records.

    An offset from `retainedFrom`, so that a new retention also applies to existing records. That time is a record's
    `createdAt`; of a tombstone it lies TOMBSTONE_DAYS in the future, so the tombstone stays at least so long.
    """
    field, days = ("retainedFrom", retention_days) if retention_days else ("deletedAt", TOMBSTONE_DAYS)
    return field, {}, {"expiration_offset": f"{days * _DAY}s"}


def _index(*orders: str) -> _Indexes:
    return {"indexes": [{"order": order, "query_scope": "COLLECTION"} for order in orders]}


def _schedule_backups(database: pulumi.Input[str], child_options: pulumi.ResourceOptions) -> None:
    gcp.firestore.BackupSchedule(
        "daily", database=database, retention=f"{7 * _DAY}s", daily_recurrence={}, opts=child_options
    )
    gcp.firestore.BackupSchedule(
        "weekly",
        database=database,
        retention=f"{14 * 7 * _DAY}s",  # the maximum of Firestore
        weekly_recurrence={"day": "SUNDAY"},
        opts=child_options,
    )
