from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from data_api.ops.dead_letters import actions, documents
from dataapi.gcp import change_feed, dead_letter_store, record_store
from dataapi.records import changes, pagination
from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment, Resource
from tests.support.infra.stack_settings import OPERATOR

DATABASE = "gcp:firestore/database:Database"
FIELD = "gcp:firestore/field:Field"
BACKUP = "gcp:firestore/backupSchedule:BackupSchedule"
DASHBOARD = "gcp:monitoring/dashboard:Dashboard"


def database(deployment: RecordedDeployment) -> Resource:
    return deployment.one(DATABASE, "database")


def protected(deployment: RecordedDeployment) -> set[tuple[str, str]]:
    return {(resource.type, resource.name) for resource in deployment.resources if resource.protected}


def test_the_provider_also_refuses_to_delete_what_pulumi_protects(full: RecordedDeployment) -> None:
    """Except for the key ring, which cannot be deleted at all, and addresses, which cannot while they are in use."""
    only_by_pulumi = {
        resource.name
        for resource in full.resources
        if resource.protected and resource.inputs.get("deletionPolicy") != "PREVENT"
    }
    assert {"data-api-prod-keys", "ipv4", "ipv6"} == only_by_pulumi


def test_destroying_dev_deletes_every_resource(dev: RecordedDeployment) -> None:
    policies = {resource.inputs.get("deletionPolicy", "DELETE") for resource in dev.resources}
    assert {"DELETE"} == policies


@pytest.mark.parametrize("stack", ["prod", "full"])
def test_the_first_resource_that_a_destroy_would_delete_refuses(stack: str, request: pytest.FixtureRequest) -> None:
    """Pulumi deletes what depends on others first: so nothing is deleted before the dashboard, which is not."""
    deployment: RecordedDeployment = request.getfixturevalue(stack)
    dashboard = deployment.one(DASHBOARD, "dashboard")
    assert "PREVENT" == dashboard.inputs["deletionPolicy"]
    others = {resource.urn for resource in deployment.resources if resource.type.startswith("gcp:")} - {dashboard.urn}
    assert set() == others - dashboard.waits_for


def test_a_stack_without_protection_deletes_its_dashboard(dev: RecordedDeployment) -> None:
    assert "DELETE" == dev.one(DASHBOARD, "dashboard").inputs["deletionPolicy"]


def test_dev_has_no_protection_and_no_backups(dev: RecordedDeployment) -> None:
    assert set() == protected(dev)
    assert "DELETE_PROTECTION_DISABLED" == database(dev).inputs["deleteProtectionState"]
    assert "DELETE" == database(dev).inputs["deletionPolicy"]
    assert "POINT_IN_TIME_RECOVERY_DISABLED" == database(dev).inputs["pointInTimeRecoveryEnablement"]
    assert [] == dev.all(BACKUP)


@pytest.mark.parametrize(("key", "value"), [("protected", "false"), ("recoverable", "false")])
def test_protection_and_recovery_are_separate_settings(key: str, value: str) -> None:
    deployment = run_program("prod", {**OPERATOR, f"data-api:{key}": value})
    assert (key == "recoverable") == bool(protected(deployment))
    assert (key == "protected") == bool(deployment.all(BACKUP))
    recovery = database(deployment).inputs["pointInTimeRecoveryEnablement"]
    assert (key == "protected") == (recovery == "POINT_IN_TIME_RECOVERY_ENABLED")


def fields_of(deployment: RecordedDeployment, collection: str) -> dict[str, Resource]:
    return {
        resource.inputs["field"]: resource
        for resource in deployment.all(FIELD)
        if resource.inputs["collection"] == collection
    }


def indexed(field: Resource) -> list[tuple[str, str]]:
    return [(index["order"], index["queryScope"]) for index in field.inputs["indexConfig"].get("indexes", [])]


def test_every_collection_that_is_written_declares_its_indexes(dev_or_prod: RecordedDeployment) -> None:
    collections = {"records", dead_letter_store._DEAD_LETTERS, dead_letter_store._REJECTIONS, actions.LOG}  # noqa: SLF001  their names are private
    assert collections == {resource.inputs["collection"] for resource in dev_or_prod.all(FIELD)}


def test_firestore_changes_one_index_at_a_time(dev_or_prod: RecordedDeployment) -> None:
    fields = dev_or_prod.all(FIELD)
    assert [] == [later.name for before, later in pairwise(fields) if before.urn not in later.waits_for]


def test_exactly_the_fields_that_operators_queries_use_are_indexed(dev: RecordedDeployment) -> None:
    """Not the message: Firestore would index up to 1,500 bytes of what users sent."""
    client = Client(PROJECT, AnonymousCredentials())  # type: ignore[no-untyped-call]  # google-auth has no annotations
    choices = ((None, None), ("a reason", None), (None, datetime.now(UTC)))
    queries = [*(documents.query(client, *choice) for choice in choices), actions.log_query(client, 5)]
    by_record = documents.record_query(client, ["a" * 32])._to_protobuf()  # noqa: SLF001  as below
    used = {("deadLetters", by_record.where.field_filter.field.field_path, "ASCENDING")}
    for query in (query._to_protobuf() for query in queries):  # noqa: SLF001  the client shows it nowhere else
        (order,) = query.order_by
        (collection,) = query.from_
        used.add((collection.collection_id, order.field.field_path, order.direction.name))
        filters = query.where.composite_filter.filters or [query.where]
        assert {part.field_filter.field.field_path for part in filters} <= {order.field.field_path, ""}
    assert used == {
        (collection, name, order)
        for collection in ("deadLetters", "rejections", "deadLetterLog")
        for name, field in fields_of(dev, collection).items()
        for order, _ in indexed(field)
    }


def test_exactly_the_fields_that_lists_and_the_feed_are_ordered_by_are_indexed(dev: RecordedDeployment) -> None:
    """Firestore rejects an order by a field without an index. Every index has the document's name after its field."""
    query = record_store._structured(pagination.parse_query([]), "users/ada")  # noqa: SLF001  the query is private
    fields = [name for name, field in fields_of(dev, "records").items() if indexed(field)]
    assert ["createdAt", "__name__"] == [order.field.field_path for order in query.order_by]
    feed = [order["field"]["field_path"] for order in change_feed._ORDER]  # noqa: SLF001  as above
    assert ["changedAt", "__name__"] == feed
    assert {"createdAt", "changedAt"} == {*fields}
    assert [("ASCENDING", "COLLECTION"), ("DESCENDING", "COLLECTION")] == indexed(
        fields_of(dev, "records")["createdAt"]
    )
    assert [("ASCENDING", "COLLECTION")] == indexed(fields_of(dev, "records")["changedAt"])


def test_without_a_retention_time_only_tombstones_expire(dev_or_prod: RecordedDeployment) -> None:
    expiring = {
        name: field.inputs["ttlConfig"]
        for name, field in fields_of(dev_or_prod, "records").items()
        if "ttlConfig" in field.inputs
    }
    assert {"deletedAt": {"expirationOffset": f"{changes.TOMBSTONE_LIFETIME // timedelta(seconds=1)}s"}} == expiring
    assert "0" == dev_or_prod.environment("dead-letter")["RETENTION_DAYS"]


def test_a_retention_time_applies_to_records_and_to_dead_letters(
    full: RecordedDeployment,
) -> None:
    fields = fields_of(full, "records")
    assert ["retainedFrom"] == [name for name, field in fields.items() if "ttlConfig" in field.inputs]
    assert {"expirationOffset": f"{30 * 24 * 3600}s"} == fields["retainedFrom"].inputs["ttlConfig"]
    assert 2 == len(indexed(fields["createdAt"]))  # lists still need both directions
    assert "30" == full.environment("dead-letter")["RETENTION_DAYS"]
