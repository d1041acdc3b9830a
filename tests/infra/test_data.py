import pytest

from dataapi import page
from dataapi.gcp import store
from tests.rehearsal import OPERATOR, Rehearsal, Resource, rehearse

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
    ("gcp:apigateway/api:Api", "gateway"),
    ("gcp:apigateway/gateway:Gateway", "gateway"),
}


def database(rehearsal: Rehearsal) -> Resource:
    return rehearsal.one(DATABASE, "database")


def protected(rehearsal: Rehearsal) -> set[tuple[str, str]]:
    return {(each.type, each.name) for each in rehearsal.resources if each.protected}


def test_prod_refuses_to_lose_anything(prod: Rehearsal) -> None:
    assert LOSSES == protected(prod)
    assert "DELETE_PROTECTION_ENABLED" == database(prod).inputs["deleteProtectionState"]
    assert "PREVENT" == database(prod).inputs["deletionPolicy"]


def test_prod_refuses_to_lose_its_keys_without_which_nothing_can_be_read(full: Rehearsal) -> None:
    assert LOSSES | KEPT_BY_KEYS == protected(full)


def test_what_pulumi_refuses_to_delete_in_prod_the_provider_refuses_too(full: Rehearsal) -> None:
    """Except for a ring, which no one can delete."""
    once = {each.name for each in full.resources if each.protected and each.inputs.get("deletionPolicy") != "PREVENT"}
    assert {"data-api-prod-keys"} == once


def test_nothing_in_dev_is_left_behind(dev: Rehearsal) -> None:
    policies = {each.inputs.get("deletionPolicy", "DELETE") for each in dev.resources}
    assert {"DELETE"} == policies


def test_prod_can_be_restored(prod: Rehearsal) -> None:
    assert "POINT_IN_TIME_RECOVERY_ENABLED" == database(prod).inputs["pointInTimeRecoveryEnablement"]
    daily, weekly = prod.one(BACKUP, "daily").inputs, prod.one(BACKUP, "weekly").inputs
    assert ("data-api-prod", f"{7 * 24 * 3600}s") == (daily["database"], daily["retention"])
    assert ("data-api-prod", f"{14 * 7 * 24 * 3600}s") == (weekly["database"], weekly["retention"])
    assert ({}, {"day": "SUNDAY"}) == (daily["dailyRecurrence"], weekly["weeklyRecurrence"])


def test_dev_can_be_destroyed_and_leaves_no_bill(dev: Rehearsal) -> None:
    assert set() == protected(dev)
    assert "DELETE_PROTECTION_DISABLED" == database(dev).inputs["deleteProtectionState"]
    assert "DELETE" == database(dev).inputs["deletionPolicy"]
    assert "POINT_IN_TIME_RECOVERY_DISABLED" == database(dev).inputs["pointInTimeRecoveryEnablement"]
    assert [] == dev.all(BACKUP)


@pytest.mark.parametrize(("key", "value"), [("protected", "false"), ("recoverable", "false")])
def test_protection_and_recovery_are_said_apart(key: str, value: str) -> None:
    found = rehearse("prod", {**OPERATOR, f"data-api:{key}": value})
    assert (key == "recoverable") == bool(protected(found))
    assert (key == "protected") == bool(found.all(BACKUP))


def test_the_database_is_the_stacks_own_and_of_the_kind_that_the_functions_speak_to(either: Rehearsal) -> None:
    inputs = database(either).inputs
    assert "FIRESTORE_NATIVE" == inputs["type"]
    assert "europe-west1" == inputs["locationId"]
    assert either.environment("persist")["DATABASE"] == either.environment("present")["DATABASE"] == inputs["name"]


def test_only_the_time_of_creation_is_indexed(either: Rehearsal) -> None:
    fields = {each.inputs["field"]: each for each in either.all(FIELD)}
    assert {"*", "createdAt"} == fields.keys()
    assert {"records"} == {each.inputs["collection"] for each in fields.values()}
    assert {} == fields["*"].inputs["indexConfig"]
    assert "ttlConfig" not in fields["*"].inputs
    orders = [(each["order"], each["queryScope"]) for each in fields["createdAt"].inputs["indexConfig"]["indexes"]]
    assert [("ASCENDING", "COLLECTION"), ("DESCENDING", "COLLECTION")] == orders
    assert fields["*"].urn in fields["createdAt"].waits_for  # Firestore takes one change at a time


def test_lists_are_ordered_by_what_is_indexed(dev: Rehearsal) -> None:
    """Firestore refuses an order by a field that has no index; every index has the document's name behind its field."""
    query = store._structured(page.read([]), "users/ada")  # noqa: SLF001  there is no other door to what is asked
    indexed = [each.inputs["field"] for each in dev.all(FIELD) if each.inputs["indexConfig"].get("indexes")]
    assert [*indexed, "__name__"] == [each.field.field_path for each in query.order_by]


def test_records_are_kept_for_ever_unless_a_stack_says_for_how_long(either: Rehearsal) -> None:
    assert [] == [each.name for each in either.all(FIELD) if "ttlConfig" in each.inputs]


def test_records_expire_so_many_days_after_they_were_created(full: Rehearsal) -> None:
    (expiring,) = [each for each in full.all(FIELD) if "ttlConfig" in each.inputs]  # a collection has one at most
    assert ("records", "createdAt") == (expiring.inputs["collection"], expiring.inputs["field"])
    assert {"expirationOffset": f"{30 * 24 * 3600}s"} == expiring.inputs["ttlConfig"]
    assert 2 == len(expiring.inputs["indexConfig"]["indexes"])  # lists still go by it
