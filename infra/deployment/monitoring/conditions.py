"""Writes conditions of alert policies: a value above a threshold, a ratio above a threshold, an SLO's burn rate.

Also defines what missing data means: for a count that nothing happened, for a level that it has not changed, and for
what has to happen again and again that it did not. The alerts
and their thresholds are in alerts.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp

Condition = gcp.monitoring.AlertPolicyConditionArgsDict
_ThresholdArgs = gcp.monitoring.AlertPolicyConditionConditionThresholdArgsDict
_AggregationArgs = gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgsDict

# Cloud Monitoring accepts these only in conditions with a duration of at least a minute
# (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#MetricThreshold).
_MISSING_IS_INACTIVE = "EVALUATION_MISSING_DATA_INACTIVE"
_MISSING_IS_ACTIVE = "EVALUATION_MISSING_DATA_ACTIVE"
_MISSING_CHANGES_NOTHING = "EVALUATION_MISSING_DATA_NO_OP"
_FUNCTION_LABEL = "resource.labels.service_name"


@dataclass(frozen=True)
class Aggregation:
    """How time series are combined to one value, or one per group, that is compared with the threshold."""

    aligner: str
    reducer: str = "REDUCE_SUM"
    group_by: tuple[str, ...] = ()
    alignment_period: int = 300  # seconds: metrics arrive late, and those of Pub/Sub have gaps of minutes
    missing_data: str = _MISSING_IS_INACTIVE

    def args(self) -> _AggregationArgs:
        """As an argument of a condition."""
        return {
            "alignment_period": f"{self.alignment_period}s",
            "per_series_aligner": self.aligner,
            "cross_series_reducer": self.reducer,
            "group_by_fields": list(self.group_by),
        }


COUNT = Aggregation("ALIGN_DELTA")
COUNT_IN_15_MINUTES = Aggregation("ALIGN_DELTA", alignment_period=900)
EXPECTED_IN_15_MINUTES = Aggregation("ALIGN_DELTA", alignment_period=900, missing_data=_MISSING_IS_ACTIVE)
COUNT_BY_FUNCTION = Aggregation("ALIGN_DELTA", group_by=(_FUNCTION_LABEL,))
P99_BY_FUNCTION = Aggregation("ALIGN_DELTA", "REDUCE_PERCENTILE_99", group_by=(_FUNCTION_LABEL,))
HOURLY_MAXIMUM = Aggregation("ALIGN_MAX", "REDUCE_MAX", alignment_period=3600, missing_data=_MISSING_CHANGES_NOTHING)
MAXIMUM = Aggregation("ALIGN_MAX", "REDUCE_MAX", missing_data=_MISSING_CHANGES_NOTHING)
SUM_BY_FUNCTION = Aggregation("ALIGN_MAX", "REDUCE_SUM", group_by=(_FUNCTION_LABEL,))  # over its revisions
FAILED_LOCATIONS = Aggregation(
    "ALIGN_NEXT_OLDER",
    "REDUCE_COUNT_FALSE",
    group_by=("resource.labels.host",),
    missing_data=_MISSING_CHANGES_NOTHING,
)


@dataclass(frozen=True)
class Threshold:
    """The condition is met after the value was above this one for so many minutes."""

    value: float
    minutes: int


def above(title: str, metric_filter: str, aggregation: Aggregation, threshold: Threshold) -> Condition:
    """The aggregated time series are above the threshold."""
    return {"display_name": title, "condition_threshold": _threshold_args(metric_filter, aggregation, threshold)}


def below(title: str, metric_filter: str, aggregation: Aggregation, threshold: Threshold) -> Condition:
    """The aggregated time series are below the threshold."""
    args = _threshold_args(metric_filter, aggregation, threshold)
    return {"display_name": title, "condition_threshold": {**args, "comparison": "COMPARISON_LT"}}


def ratio_above(
    title: str, numerator: str, denominator: str, aggregation: Aggregation, threshold: Threshold
) -> Condition:
    """The ratio of two filters' aggregated time series is above the threshold."""
    threshold_args = _threshold_args(numerator, aggregation, threshold)
    threshold_args["denominator_filter"] = denominator
    threshold_args["denominator_aggregations"] = [aggregation.args()]
    return {"display_name": title, "condition_threshold": threshold_args}


def burn_rate_conditions(objective: str, rate: float, windows: Sequence[int]) -> list[Condition]:
    """The burn rate of an SLO's error budget is above `rate` in each of the windows (seconds)."""
    return [
        {
            "display_name": f"{rate} times too fast over {window // 60} minutes",
            "condition_threshold": {
                "filter": f'select_slo_burn_rate("{objective}", "{window}s")',
                "comparison": "COMPARISON_GT",
                "threshold_value": rate,
                "duration": "0s",
                "trigger": {"count": 1},
            },
        }
        for window in windows
    ]


def _threshold_args(metric_filter: str, aggregation: Aggregation, threshold: Threshold) -> _ThresholdArgs:
    return {
        "filter": metric_filter,
        "aggregations": [aggregation.args()],
        "comparison": "COMPARISON_GT",
        "threshold_value": threshold.value,
        "duration": f"{threshold.minutes * 60}s",
        "trigger": {"count": 1},
        "evaluation_missing_data": aggregation.missing_data,
    }
