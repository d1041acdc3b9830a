"""Keeps the records, in a Firestore database of the stack's own.

Owns its indexes, its backups, and what is granted on it: to create a document, to read, and to keep dead letters.
Firestore has no policy for one database; the grants are on the project, each with a condition that names this database.
Destroying this loses every record, which a protected stack refuses.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.function import Function
from deployment.components.keys import Key
from deployment.components.protection import deletion_policy, protection
from deployment.configuration import Environment

COLLECTION = "records"  # of each user; functions/dataapi/gcp/record_store.py
# functions/dataapi/gcp/dead_letter_store.py and, of the last, cli/data_api/ops/dead_letters/actions.py
DEAD_LETTERS, REFUSALS, DEAD_LETTER_LOG = "deadLetters", "rejections", "deadLetterLog"
_REJECTION_DAYS = 31  # longer than Pub/Sub retries a rejected message, and as long as its dead letter is kept
_DAY = 24 * 60 * 60  # seconds
_Indexes = gcp.firestore.FieldIndexConfigArgsDict
_Ttl = gcp.firestore.FieldTtlConfigArgsDict


@dataclass(frozen=True)
class DatabaseArgs:
    """What the database is made of."""

    environment: Environment
    name: str
    key: Key | None
    protected: bool
    recoverable: bool
    retention_days: int  # 0: for ever


class Database(pulumi.ComponentResource):
    """The database, with indexes on what is asked for and on nothing else."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Database", name, None, opts)
        self._args = args
        self._inside = pulumi.ResourceOptions(parent=self)
        database = gcp.firestore.Database(
            name,
            project=args.environment.project,
            name=args.name,
            location_id=args.environment.region,
            type="FIRESTORE_NATIVE",
            database_edition="STANDARD",
            app_engine_integration_mode="DISABLED",  # it would turn the database off with an App Engine app
            point_in_time_recovery_enablement=f"POINT_IN_TIME_RECOVERY_{_enabled(on=args.recoverable)}",
            delete_protection_state=f"DELETE_PROTECTION_{_enabled(on=args.protected)}",
            # Always said: what the provider does unasked is to leave the database of a destroyed stack, and its bill.
            deletion_policy=deletion_policy(protected=args.protected),
            cmek_config={"kms_key_name": args.key.name} if args.key else None,
            opts=pulumi.ResourceOptions.merge(
                protection(self, protected=args.protected),
                pulumi.ResourceOptions(depends_on=args.key.grants if args.key else None),
            ),
        )
        self.name = database.name
        _index_what_is_asked_for(self.name, args.retention_days, self._inside)
        if args.recoverable:
            _back_up(self.name, self._inside)
        self.register_outputs({"name": self.name})

    def let_create(self, function: Function) -> None:
        """Grants a function the right to create documents; not to read, change or delete any."""
        self._grant(function, "create-records", ["datastore.entities.create"])

    def let_read(self, function: Function) -> None:
        """Grants a function the right to read documents."""
        self._grant(function, "read-records", ["datastore.entities.get", "datastore.entities.list"])

    def let_keep_dead_letters(self, function: Function) -> None:
        """Grants a function the right to create documents, to get one by its name, and to change it; not to list."""
        permissions = ["datastore.entities.create", "datastore.entities.get", "datastore.entities.update"]
        self._grant(function, "keep-dead-letters", permissions)

    def _grant(self, function: Function, act: str, permissions: list[str]) -> None:
        verb, _, what = act.partition("-")
        role = gcp.projects.IAMCustomRole(
            act,
            role_id=f"{self._args.environment.prefix}_{act}".replace("-", "_"),
            title=f"{self._args.environment.prefix}: {act.replace('-', ' ')}",
            permissions=permissions,
            opts=self._inside,
        )
        path = f"projects/{self._args.environment.project}/databases/{self._args.name}"
        gcp.projects.IAMMember(
            f"{verb}s-{what}",
            project=self._args.environment.project,
            role=role.name,
            member=function.member,
            condition={
                "title": f"{self._args.name} only",
                "expression": f'resource.type == "firestore.googleapis.com/Database" && resource.name == "{path}"',
            },
            opts=self._inside,
        )


def _enabled(*, on: bool) -> str:
    return "ENABLED" if on else "DISABLED"


def _index_what_is_asked_for(database: pulumi.Input[str], retention_days: int, inside: pulumi.ResourceOptions) -> None:
    """Firestore indexes every field unless told otherwise: it costs writes and storage, and nobody asks."""
    both = _ordered("ASCENDING", "DESCENDING")
    # Reckoned from the field itself, so that another retention holds for the records that are there, too.
    record_ttl: _Ttl | None = {"expiration_offset": f"{retention_days * _DAY}s"} if retention_days else None
    rejection_ttl: _Ttl = {"expiration_offset": f"{_REJECTION_DAYS * _DAY}s"}
    fields: tuple[tuple[str, str, str, _Indexes, _Ttl | None], ...] = (
        ("no-field", COLLECTION, "*", {}, None),
        ("creation-time", COLLECTION, "createdAt", both, record_ttl),
        ("no-field-of-dead-letters", DEAD_LETTERS, "*", {}, None),
        ("last-death", DEAD_LETTERS, "lastAt", _ordered("ASCENDING"), None),
        ("reason", DEAD_LETTERS, "reason", _ordered("ASCENDING"), None),
        ("dead-letter-record", DEAD_LETTERS, "recordId", _ordered("ASCENDING"), None),
        ("expiry", DEAD_LETTERS, "expiresAt", {}, {}),
        ("no-field-of-rejections", REFUSALS, "*", {}, None),
        ("rejection-time", REFUSALS, "at", {}, rejection_ttl),
        ("no-field-of-dead-letter-log", DEAD_LETTER_LOG, "*", {}, None),
        ("log-time", DEAD_LETTER_LOG, "at", _ordered("DESCENDING"), None),
    )
    before: list[pulumi.Resource] = []
    for name, collection, field, indexes, ttl in fields:
        resource = gcp.firestore.Field(
            name,
            database=database,
            collection=collection,
            field=field,
            index_config=indexes,
            ttl_config=ttl,
            # Firestore takes one such change at a time.
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=before)),
        )
        before = [resource]


def _ordered(*orders: str) -> _Indexes:
    return {"indexes": [{"order": order, "query_scope": "COLLECTION"} for order in orders]}


def _back_up(database: pulumi.Input[str], inside: pulumi.ResourceOptions) -> None:
    gcp.firestore.BackupSchedule("daily", database=database, retention=f"{7 * _DAY}s", daily_recurrence={}, opts=inside)
    gcp.firestore.BackupSchedule(
        "weekly",
        database=database,
        retention=f"{14 * 7 * _DAY}s",  # the longest there is
        weekly_recurrence={"day": "SUNDAY"},
        opts=inside,
    )
