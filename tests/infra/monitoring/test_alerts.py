import math

import pytest

from tests.support.infra.monitoring_filter import selections
from tests.support.infra.monitoring_metrics import POLICY, assert_aligned, assert_exists, assert_own
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import Json, RecordedDeployment
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


def test_alerts_select_only_metrics_resources_and_labels_that_there_are(prod: RecordedDeployment) -> None:
    result = selections([condition for _, condition in conditions(prod)])
    assert 13 == len(result)
    for each in result:
        assert_exists(each, prod)
        assert_own(each)


def test_what_the_provider_asks_of_a_policy_is_kept(prod: RecordedDeployment) -> None:
    for name, each in conditions(prod):
        # https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies
        assert "evaluationMissingData" not in each or int(each["duration"].removesuffix("s")) >= 60, name
        assert each.get("denominatorAggregations", each.get("aggregations")) == each.get("aggregations"), name
    assert all(1 <= len(resource.inputs["conditions"]) <= 6 for resource in prod.all(POLICY))


def test_one_dead_letter_is_enough_and_the_alert_stays_while_it_lies_there(prod: RecordedDeployment) -> None:
    result = threshold(prod, "dead-letters")
    assert (0, "COMPARISON_GT", "EVALUATION_MISSING_DATA_NO_OP") == (
        result["thresholdValue"],
        result["comparison"],
        result["evaluationMissingData"],
    )
    (selected,) = selections(result)
    assert ("data-api-prod-records-dead-letters",) == selected.labels["resource.subscription_id"]


def test_a_message_may_wait_through_the_pauses_of_a_passing_fault(prod: RecordedDeployment) -> None:
    seven_tries = sum(min(10 * 2**attempt, 600) for attempt in range(6))
    result = threshold(prod, "undelivered-messages")
    assert seven_tries < result["thresholdValue"] == 900
    (selected,) = selections(result)
    assert ("data-api-prod-records-push",) == selected.labels["resource.subscription_id"]


def test_a_dead_letter_that_nobody_lists_is_told_of_before_its_sender_wonders(prod: RecordedDeployment) -> None:
    result = threshold(prod, "unstored-dead-letters")
    assert 900 == result["thresholdValue"]
    (selected,) = selections(result)
    assert ("data-api-prod-records-dead-letter-push",) == selected.labels["resource.subscription_id"]


@pytest.mark.parametrize(("most", "nearly"), [(1, 1), (2, 1.6), (20, 16)])
def test_instances_are_near_their_most_at_80_percent_of_it(most: int, nearly: float) -> None:
    deployment = run_program("prod", {**OPERATOR, "data-api:maxInstances": str(most)})
    assert math.isclose(nearly, threshold(deployment, "near-the-most-instances")["thresholdValue"])


def test_ratios_and_latencies_are_told_apart_by_function(prod: RecordedDeployment) -> None:
    for name, each in conditions(prod):
        if name in ("server-errors", "slow-answers", "near-the-most-instances"):
            assert [["resource.labels.service_name"]] == [
                each_stack["groupByFields"] for each_stack in each["aggregations"]
            ]
    slow = [threshold(prod, "slow-answers", number) for number in (0, 1)]
    watched = {
        name for each in slow for name in selections({"filter": each["filter"]})[0].labels["resource.service_name"]
    }
    assert {f"data-api-prod-{name}" for name in ("generate", "persist", "present", "dead-letter")} == watched


def test_series_are_aligned_as_their_kind_allows(prod: RecordedDeployment) -> None:
    aligned = [each for _, each in conditions(prod) if "aggregations" in each]
    assert 10 == len(aligned)
    for each in aligned:
        assert_aligned(each["filter"], each["aggregations"], prod)
