from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from data_api.ops.dead_letters import actions
from data_api.ops.dead_letters import documents as operators
from data_api.ops.dead_letters.target import Target
from dataapi.gcp import dead_letter_store, record_store
from dataapi.records import pagination
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment, Resource
from tests.support.infra.stack_settings import OPERATOR

KEPT_BY_KEYS = {
    ("gcp:kms/keyRing:KeyRing", "data-api-prod-keys"),
    *(("gcp:kms/cryptoKey:CryptoKey", key) for key in ("messages", "functions", "records")),
}
DATABASE = "gcp:firestore/database:Database"
FIELD = "gcp:firestore/field:Field"
BACKUP = "gcp:firestore/backupSchedule:BackupSchedule"
# What a deletion loses: records, messages under way, dead letters, the address that clients know.
LOSSES = {
    (DATABASE, "database"),
    ("gcp:pubsub/topic:Topic", "records"),
    ("gcp:pubsub/topic:Topic", "dead-letters"),
    ("gcp:pubsub/subscription:Subscription", "push"),
    ("gcp:pubsub/subscription:Subscription", "dead-letters"),
    ("gcp:pubsub/subscription:Subscription", "dead-letter-push"),
    ("gcp:apigateway/api:Api", "gateway"),
    ("gcp:apigateway/gateway:Gateway", "gateway"),
}


def database(deployment: RecordedDeployment) -> Resource:
    return deployment.one(DATABASE, "database")


def protected(deployment: RecordedDeployment) -> set[tuple[str, str]]:
    return {(resource.type, resource.name) for resource in deployment.resources if resource.protected}


def test_prod_refuses_to_lose_anything(prod: RecordedDeployment) -> None:
    assert LOSSES == protected(prod)
    assert "DELETE_PROTECTION_ENABLED" == database(prod).inputs["deleteProtectionState"]
    assert "PREVENT" == database(prod).inputs["deletionPolicy"]


def test_prod_refuses_to_lose_its_keys_without_which_nothing_can_be_read(full: RecordedDeployment) -> None:
    assert LOSSES | KEPT_BY_KEYS == protected(full)


def test_what_pulumi_refuses_to_delete_in_prod_the_provider_refuses_too(full: RecordedDeployment) -> None:
    """Except for a ring, which no one can delete."""
    once = {
        resource.name
        for resource in full.resources
        if resource.protected and resource.inputs.get("deletionPolicy") != "PREVENT"
    }
    assert {"data-api-prod-keys"} == once


def test_nothing_in_dev_is_left_behind(dev: RecordedDeployment) -> None:
    policies = {resource.inputs.get("deletionPolicy", "DELETE") for resource in dev.resources}
    assert {"DELETE"} == policies


def test_prod_can_be_restored(prod: RecordedDeployment) -> None:
    assert "POINT_IN_TIME_RECOVERY_ENABLED" == database(prod).inputs["pointInTimeRecoveryEnablement"]
    daily, weekly = prod.one(BACKUP, "daily").inputs, prod.one(BACKUP, "weekly").inputs
    assert ("data-api-prod", f"{7 * 24 * 3600}s") == (daily["database"], daily["retention"])
    assert ("data-api-prod", f"{14 * 7 * 24 * 3600}s") == (weekly["database"], weekly["retention"])
    assert ({}, {"day": "SUNDAY"}) == (daily["dailyRecurrence"], weekly["weeklyRecurrence"])


def test_dev_can_be_destroyed_and_leaves_no_bill(dev: RecordedDeployment) -> None:
    assert set() == protected(dev)
    assert "DELETE_PROTECTION_DISABLED" == database(dev).inputs["deleteProtectionState"]
    assert "DELETE" == database(dev).inputs["deletionPolicy"]
    assert "POINT_IN_TIME_RECOVERY_DISABLED" == database(dev).inputs["pointInTimeRecoveryEnablement"]
    assert [] == dev.all(BACKUP)


@pytest.mark.parametrize(("key", "value"), [("protected", "false"), ("recoverable", "false")])
def test_protection_and_recovery_are_said_apart(key: str, value: str) -> None:
    deployment = run_program("prod", {**OPERATOR, f"data-api:{key}": value})
    assert (key == "recoverable") == bool(protected(deployment))
    assert (key == "protected") == bool(deployment.all(BACKUP))


def test_the_database_is_the_stacks_own_and_of_the_kind_that_the_functions_speak_to(
    dev_or_prod: RecordedDeployment,
) -> None:
    inputs = database(dev_or_prod).inputs
    assert "FIRESTORE_NATIVE" == inputs["type"]
    assert "europe-west1" == inputs["locationId"]
    assert (
        dev_or_prod.environment("persist")["DATABASE"]
        == dev_or_prod.environment("present")["DATABASE"]
        == inputs["name"]
    )


def fields_of(deployment: RecordedDeployment, collection: str) -> dict[str, Resource]:
    return {
        resource.inputs["field"]: resource
        for resource in deployment.all(FIELD)
        if resource.inputs["collection"] == collection
    }


def indexed(field: Resource) -> list[tuple[str, str]]:
    return [(index["order"], index["queryScope"]) for index in field.inputs["indexConfig"].get("indexes", [])]


def test_of_records_only_the_time_of_creation_is_indexed(dev_or_prod: RecordedDeployment) -> None:
    fields = fields_of(dev_or_prod, "records")
    assert {"*", "createdAt"} == fields.keys()
    assert {} == fields["*"].inputs["indexConfig"]
    assert "ttlConfig" not in fields["*"].inputs
    assert [("ASCENDING", "COLLECTION"), ("DESCENDING", "COLLECTION")] == indexed(fields["createdAt"])


@pytest.mark.parametrize(
    ("collection", "expected"),
    [
        ("deadLetters", {"lastAt": ["ASCENDING"], "reason": ["ASCENDING"], "expiresAt": []}),
        ("rejections", {"at": []}),
        ("deadLetterLog", {"at": ["DESCENDING"]}),
    ],
)
def test_of_dead_letters_only_what_operators_ask_for_is_indexed(
    dev_or_prod: RecordedDeployment, collection: str, expected: dict[str, list[str]]
) -> None:
    """Not the message: Firestore would index up to 1,500 bytes of what users sent."""
    fields = fields_of(dev_or_prod, collection)
    assert {"*": [], **expected} == {name: [order for order, _ in indexed(each)] for name, each in fields.items()}


def test_every_collection_that_is_written_has_its_indexes_said(dev_or_prod: RecordedDeployment) -> None:
    written = {"records", dead_letter_store._DEAD_LETTERS, dead_letter_store._REJECTIONS, actions.LOG}  # noqa: SLF001  their names have no other door
    assert written == {resource.inputs["collection"] for resource in dev_or_prod.all(FIELD)}


def test_firestore_is_given_one_change_of_indexes_at_a_time(dev_or_prod: RecordedDeployment) -> None:
    fields = dev_or_prod.all(FIELD)
    assert [] == [later.name for before, later in pairwise(fields) if before.urn not in later.waits_for]


def test_operators_queries_go_by_what_is_indexed(dev: RecordedDeployment) -> None:
    asked: list[Any] = []

    class Firestore:
        def ask(self, _service: str, _path: str, body: Any) -> list[Any]:  # noqa: ANN401  JSON
            asked.append(body["structuredQuery"])
            return []

    here = Target(Firestore(), Firestore(), "database", "topic", "actor")  # type: ignore[arg-type]  # all that is asked
    for reason, since in ((None, None), ("a reason", None), (None, datetime.now(UTC))):
        assert [] == operators.found(here, reason, since)
    assert [] == actions.log(here, 5)
    for query in asked:
        (collection,) = (each["collectionId"] for each in query["from"])
        (order,) = query["orderBy"]
        field = fields_of(dev, collection)[order["field"]["fieldPath"]]
        assert order["direction"] in [each for each, _ in indexed(field)]
        filters = query.get("where", {"compositeFilter": {"filters": []}})["compositeFilter"]["filters"]
        assert {each["fieldFilter"]["field"]["fieldPath"] for each in filters} <= {order["field"]["fieldPath"]}


def test_lists_are_ordered_by_what_is_indexed(dev: RecordedDeployment) -> None:
    """Firestore refuses an order by a field that has no index; every index has the document's name behind its field."""
    query = record_store._structured(pagination.parse_query([]), "users/ada")  # noqa: SLF001  there is no other door to what is asked
    fields = [name for name, each in fields_of(dev, "records").items() if indexed(each)]
    assert [*fields, "__name__"] == [each.field.field_path for each in query.order_by]


def test_records_are_kept_for_ever_unless_a_stack_says_for_how_long(dev_or_prod: RecordedDeployment) -> None:
    assert [] == [name for name, each in fields_of(dev_or_prod, "records").items() if "ttlConfig" in each.inputs]
    assert "0" == dev_or_prod.environment("dead-letter")["RETENTION_DAYS"]


def test_records_expire_so_many_days_after_they_were_created_and_dead_letters_after_they_died(
    full: RecordedDeployment,
) -> None:
    fields = fields_of(full, "records")
    assert ["createdAt"] == [name for name, each in fields.items() if "ttlConfig" in each.inputs]
    assert {"expirationOffset": f"{30 * 24 * 3600}s"} == fields["createdAt"].inputs["ttlConfig"]
    assert 2 == len(indexed(fields["createdAt"]))  # lists still go by it
    assert "30" == full.environment("dead-letter")["RETENTION_DAYS"]


def test_dead_letters_go_when_they_say_and_notes_on_refusals_after_a_month(each_stack: RecordedDeployment) -> None:
    ttl = {
        collection: {name: each.inputs["ttlConfig"] for name, each in fields.items() if "ttlConfig" in each.inputs}
        for collection in ("deadLetters", "rejections", "deadLetterLog")
        if (fields := fields_of(each_stack, collection))
    }
    month = {"expirationOffset": f"{31 * 24 * 3600}s"}
    assert {"deadLetters": {"expiresAt": {}}, "rejections": {"at": month}, "deadLetterLog": {}} == ttl
