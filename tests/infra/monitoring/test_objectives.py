import math

import pytest

from deployment.configuration.monitoring import MIN_OBJECTIVE
from deployment.monitoring.log_metrics import MAX_LAG
from tests.support.infra.monitoring_filter import selections
from tests.support.infra.monitoring_metrics import LOG_METRIC, POLICY, SLO, assert_exists
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import OPERATOR

DAY = 24 * 3600


def test_objectives_select_only_metrics_of_the_deployment(dev_or_prod: RecordedDeployment) -> None:
    result = selections([resource.inputs["requestBasedSli"] for resource in dev_or_prod.all(SLO)])
    assert 5 == len(result)
    for selection in result:
        assert_exists(selection, dev_or_prod)
        assert selection.metric.startswith("logging.googleapis.com/user/")


@pytest.mark.parametrize("objective", ["accepting", "storing", "reading"])
def test_an_objective_has_a_fast_and_a_slow_alert_over_two_windows_each(
    prod: RecordedDeployment, objective: str
) -> None:
    goal = prod.one(SLO, objective).inputs["goal"]
    period = prod.one(SLO, objective).inputs["rollingPeriodDays"] * DAY
    name = f"projects/1234/services/of-it/serviceLevelObjectives/{objective}"
    # https://sre.google/workbook/alerting-on-slos/: share of the budget, long window, short window
    for speed, spent, long, short in (("fast", 0.02, 3600, 300), ("slowly", 0.05, 6 * 3600, 1800)):
        policy = prod.one(POLICY, f"{objective}-burns-{speed}").inputs
        assert "AND" == policy["combiner"]
        burning = [condition["conditionThreshold"] for condition in policy["conditions"]]
        assert [f'select_slo_burn_rate("{name}", "{window}s")' for window in (long, short)] == [
            threshold["filter"] for threshold in burning
        ]
        (rate,) = {threshold["thresholdValue"] for threshold in burning}
        assert math.isclose(spent, rate * long / period)
        assert rate * (1 - goal) < 1  # else nothing could burn so fast
        assert rate * (1 - MIN_OBJECTIVE / 100) < 1


def test_objectives_are_a_setting() -> None:
    promised = '{"accepting": 99.95, "storing": 95, "reading": 99.99}'
    deployment = run_program("dev", {**OPERATOR, "data-api:objectives": promised})
    goals = {resource.name: resource.inputs["goal"] for resource in deployment.all(SLO)}
    assert {"accepting": 0.9995, "storing": 0.95, "reading": 0.9999} == goals


def test_the_limit_of_storage_time_is_a_bound_of_the_lag_metric(dev_or_prod: RecordedDeployment) -> None:
    cut = dev_or_prod.one(SLO, "storing").inputs["requestBasedSli"]["distributionCut"]
    assert {"max": MAX_LAG} == cut["range"]
    assert MAX_LAG in dev_or_prod.one(LOG_METRIC, "lag").inputs["bucketOptions"]["explicitBuckets"]["bounds"]
