"""Writes the conditions of alert policies: above a threshold, a share above one, a budget that burns.

Owns their form in Cloud Monitoring, and what a gap in the data means: of a count that nothing happened, of a level that
it is what it was. Which conditions there are, and why at these thresholds, is `alerts`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp

Condition = gcp.monitoring.AlertPolicyConditionArgsDict
Threshold = gcp.monitoring.AlertPolicyConditionConditionThresholdArgsDict
Aggregation = gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgsDict

# Either may be said only of a condition that lasts for a minute or more
# (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#MetricThreshold).
_NOTHING_HAPPENED = "EVALUATION_MISSING_DATA_INACTIVE"
_AS_IT_WAS = "EVALUATION_MISSING_DATA_NO_OP"
_BY_FUNCTION = "resource.labels.service_name"


@dataclass(frozen=True)
class Measure:
    """How time series become the one number, or the one a group, that is compared."""

    aligner: str
    reducer: str = "REDUCE_SUM"
    by: tuple[str, ...] = ()
    window: int = 300  # seconds: metrics come late, and Pub/Sub's have gaps of minutes
    gap: str = _NOTHING_HAPPENED

    def written(self) -> Aggregation:
        """As an aggregation."""
        return {
            "alignment_period": f"{self.window}s",
            "per_series_aligner": self.aligner,
            "cross_series_reducer": self.reducer,
            "group_by_fields": list(self.by),
        }


COUNT = Measure("ALIGN_DELTA")
COUNT_BY_FUNCTION = Measure("ALIGN_DELTA", by=(_BY_FUNCTION,))
P99_BY_FUNCTION = Measure("ALIGN_DELTA", "REDUCE_PERCENTILE_99", by=(_BY_FUNCTION,))
HIGHEST = Measure("ALIGN_MAX", "REDUCE_MAX", gap=_AS_IT_WAS)
TOGETHER_BY_FUNCTION = Measure("ALIGN_MAX", "REDUCE_SUM", by=(_BY_FUNCTION,))  # over revisions
FAILING_PLACES = Measure("ALIGN_NEXT_OLDER", "REDUCE_COUNT_FALSE", by=("resource.labels.host",), gap=_AS_IT_WAS)


@dataclass(frozen=True)
class Limit:
    """More than this, for some minutes on end."""

    threshold: float
    minutes: int


def above(title: str, filter_: str, measure: Measure, limit: Limit) -> Condition:
    """The measure of what the filter selects is above the limit."""
    return {"display_name": title, "condition_threshold": _threshold(filter_, measure, limit)}


def share_above(title: str, part: str, whole: str, measure: Measure, limit: Limit) -> Condition:
    """The measure of a part is a larger share of the whole's than the limit."""
    threshold = _threshold(part, measure, limit)
    threshold["denominator_filter"] = whole
    threshold["denominator_aggregations"] = [measure.written()]
    return {"display_name": title, "condition_threshold": threshold}


def burning(objective: str, rate: float, windows: Sequence[int]) -> list[Condition]:
    """The budget of an objective burns this many times too fast in each of the windows (seconds)."""
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


def _threshold(filter_: str, measure: Measure, limit: Limit) -> Threshold:
    return {
        "filter": filter_,
        "aggregations": [measure.written()],
        "comparison": "COMPARISON_GT",
        "threshold_value": limit.threshold,
        "duration": f"{limit.minutes * 60}s",
        "trigger": {"count": 1},
        "evaluation_missing_data": measure.gap,
    }
