import math

import pytest

from data_api.ops.status.backlog import LATE
from tests.support.infra.monitoring_filter import selections
from tests.support.infra.monitoring_metrics import POLICY, assert_aligned, assert_exists, assert_own
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import Json, RecordedDeployment
from tests.support.infra.resource_types import FUNCTION, SUBSCRIPTION
from tests.support.infra.stack_settings import OPERATOR


def conditions(deployment: RecordedDeployment) -> list[tuple[str, Json]]:
    """All thresholds, with the names of their alerts."""
    return [
        (policy.name, condition["conditionThreshold"])
        for policy in deployment.all(POLICY)
        for condition in policy.inputs["conditions"]
    ]


def threshold(deployment: RecordedDeployment, alert: str, condition: int = 0) -> Json:
    result: Json = deployment.one(POLICY, alert).inputs["conditions"][condition]["conditionThreshold"]
    return result


def test_alerts_select_only_metrics_resources_and_labels_that_exist(prod: RecordedDeployment) -> None:
    result = selections([condition for _, condition in conditions(prod)])
    assert 19 == len(result)
    for selection in result:
        assert_exists(selection, prod)
        assert_own(selection)


def test_policies_keep_the_rules_of_the_api(prod: RecordedDeployment) -> None:
    for name, condition in conditions(prod):
        # https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies
        assert "evaluationMissingData" not in condition or int(condition["duration"].removesuffix("s")) >= 60, name
        assert condition.get("denominatorAggregations", condition.get("aggregations")) == condition.get(
            "aggregations"
        ), name
    assert all(1 <= len(resource.inputs["conditions"]) <= 6 for resource in prod.all(POLICY))


def test_the_alert_on_undelivered_messages_waits_for_some_retries(prod: RecordedDeployment) -> None:
    """A temporary error must not raise it."""
    alert = threshold(prod, "undelivered-messages")
    (selected,) = selections(alert)
    push = prod.one(SUBSCRIPTION, "push").inputs
    assert (push["name"],) == selected.labels["resource.subscription_id"]
    first, longest = (int(push["retryPolicy"][name].removesuffix("s")) for name in ("minimumBackoff", "maximumBackoff"))
    assert sum(min(first * 2**attempt, longest) for attempt in range(6)) < alert["thresholdValue"]


def test_a_message_is_late_in_status_when_the_alert_says_so(prod: RecordedDeployment) -> None:
    assert LATE == threshold(prod, "undelivered-messages")["thresholdValue"]


def test_status_knows_the_alerts_of_a_stack_by_their_label_and_title(prod: RecordedDeployment) -> None:
    prefix = prod.outputs["gateway"]
    for policy in prod.all(POLICY):
        assert {"stack": prefix} == policy.inputs["userLabels"]
        assert policy.inputs["displayName"].startswith(f"{prefix}: ")


@pytest.mark.parametrize(("most", "nearly"), [(1, 1), (2, 1.6), (20, 16)])
def test_the_alert_on_instances_is_at_80_percent_of_the_maximum(most: int, nearly: float) -> None:
    deployment = run_program("prod", {**OPERATOR, "data-api:maxInstances": str(most)})
    assert math.isclose(nearly, threshold(deployment, "near-the-most-instances")["thresholdValue"])


def test_ratios_and_latencies_have_a_series_for_each_function(prod: RecordedDeployment) -> None:
    for name, condition in conditions(prod):
        if name in ("server-errors", "slow-answers", "near-the-most-instances"):
            groups = [aggregation["groupByFields"] for aggregation in condition["aggregations"]]
            assert [["resource.labels.service_name"]] == groups
    slow = [threshold(prod, "slow-answers", number) for number in (0, 1)]
    watched = {
        name
        for condition in slow
        for name in selections({"filter": condition["filter"]})[0].labels["resource.service_name"]
    }
    assert {resource.inputs["name"] for resource in prod.all(FUNCTION)} == watched | {"data-api-prod-probe"}


def test_users_cannot_post_and_read_if_synthetic_calls_fail_or_are_missing(prod: RecordedDeployment) -> None:
    """Of three calls in 15 minutes one may fail: each new revision and each short outage costs one."""
    none_passed, some_failed = (threshold(prod, "users-cannot", number) for number in (0, 1))
    calls = 15 // 5  # in 15 minutes, by the schedule
    assert ["900s"] * 2 == [alert["aggregations"][0]["alignmentPeriod"] for alert in (none_passed, some_failed)]
    assert ("COMPARISON_LT", 1) == (none_passed["comparison"], none_passed["thresholdValue"])
    assert "EVALUATION_MISSING_DATA_ACTIVE" == none_passed["evaluationMissingData"]
    assert ("COMPARISON_GT", 1) == (some_failed["comparison"], some_failed["thresholdValue"])
    assert 1 < some_failed["thresholdValue"] + 1 < calls
    assert f"*/{15 // calls} * * * *" == prod.one("gcp:cloudscheduler/job:Job", "schedule").inputs["schedule"]


def test_series_are_aligned_as_the_kind_of_their_metric_allows(prod: RecordedDeployment) -> None:
    aligned = [condition for _, condition in conditions(prod) if "aggregations" in condition]
    assert 15 == len(aligned)
    for condition in aligned:
        assert_aligned(condition["filter"], condition["aggregations"], prod)


def test_an_alert_opens_if_most_callers_are_refused(prod: RecordedDeployment) -> None:
    """A gateway without its grant, keys that cannot be fetched or a wrong audience give 401 or 403 to all of them."""
    alert = threshold(prod, "refused-callers")
    assert "user/data-api-prod-refused_callers" in alert["filter"]
    assert "user/data-api-prod-answered" in alert["denominatorFilter"]
    assert 0.5 == alert["thresholdValue"]


def test_further_dead_letters_open_an_alert_while_older_ones_are_not_handled(prod: RecordedDeployment) -> None:
    new, waiting = threshold(prod, "new-dead-letters"), threshold(prod, "dead-letters")
    assert "user/data-api-prod-dead_lettered" in new["filter"]
    assert ["ALIGN_DELTA"] == [aggregation["perSeriesAligner"] for aggregation in new["aggregations"]]
    assert ["ALIGN_MAX"] == [aggregation["perSeriesAligner"] for aggregation in waiting["aggregations"]]


def test_only_a_stack_with_backups_has_the_alert_that_there_are_none(prod: RecordedDeployment) -> None:
    alert = threshold(prod, "no-backups")
    assert ("COMPARISON_LT", 1) == (alert["comparison"], alert["thresholdValue"])
    assert 86_400 > int(alert["duration"].removesuffix("s")) > 80_000  # the first backup takes up to a day
    without = run_program("prod", {**OPERATOR, "data-api:recoverable": "false"})
    assert {"no-backups"} == {policy.name for policy in prod.all(POLICY)} - {
        policy.name for policy in without.all(POLICY)
    }
