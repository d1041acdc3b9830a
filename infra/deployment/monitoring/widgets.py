"""Writes the widgets of a dashboard, and their layout, in the JSON format of Cloud Monitoring.

The format: https://cloud.google.com/monitoring/api/ref_dashboards/rest/v1/projects.dashboards
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

COLUMNS = 48  # of Cloud Monitoring's grid
_ALIGNMENT_PERIOD = "60s"
_NOT_IN_PROMQL_NAMES = re.compile(r"\W")


@dataclass(frozen=True)
class Line:
    """A line of a chart, or one line per group, and how its time series are aggregated."""

    legend: str
    filter: str
    aligner: str = "ALIGN_RATE"
    reducer: str = "REDUCE_SUM"
    group_by: str = ""  # a label

    def query(self) -> Json:
        """The line's TimeSeriesQuery."""
        fields = {"groupByFields": [self.group_by]} if self.group_by else {}
        aggregation = {
            "alignmentPeriod": _ALIGNMENT_PERIOD,
            "perSeriesAligner": self.aligner,
            "crossSeriesReducer": self.reducer,
        }
        return {"timeSeriesFilter": {"filter": self.filter, "aggregation": {**aggregation, **fields}}}


@dataclass(frozen=True)
class DistributionSum:
    """The sum of a distribution's values per second, for which only PromQL has a function."""

    legend: str
    metric: str
    resource: str

    def query(self) -> Json:
        """The line's TimeSeriesQuery."""
        # Names of metrics in PromQL: https://cloud.google.com/monitoring/promql/promql-mapping
        service, _, path = self.metric.partition("/")
        name = f"{_NOT_IN_PROMQL_NAMES.sub('_', service)}:{_NOT_IN_PROMQL_NAMES.sub('_', path)}_sum"
        return {"prometheusQuery": f'sum(rate({name}{{monitored_resource="{self.resource}"}}[5m]))'}


def chart(title: str, unit: str, *lines: Line | DistributionSum) -> Json:
    """A line chart."""
    data_sets = [
        {"legendTemplate": line.legend, "plotType": "LINE", "targetAxis": "Y1", "timeSeriesQuery": line.query()}
        for line in lines
    ]
    return {"title": title, "xyChart": {"dataSets": data_sets, "yAxis": {"label": unit, "scale": "LINEAR"}}}


def scorecard(title: str, query: Json, limit: float, *, red_below: bool = False) -> Json:
    """A number that is red above a limit, or below it."""
    threshold = {"value": limit, "color": "RED", "direction": "BELOW" if red_below else "ABOVE"}
    return {
        "title": title,
        "scorecard": {
            "timeSeriesQuery": query,
            "thresholds": [threshold],
            "sparkChartView": {"sparkChartType": "SPARK_LINE"},
        },
    }


def without_defaults(node: Json) -> Json:
    """The JSON as Cloud Monitoring returns it: no field has the default value of its type (`0`, `""`, `[]`, `false`).

    The provider compares what is declared with what is returned: a declared default would be a change for ever.
    """
    cleaned = {name: _without_defaults(value) for name, value in node.items()}
    return {name: value for name, value in cleaned.items() if value or isinstance(value, dict)}


def _without_defaults(value: Any) -> Any:  # noqa: ANN401 - a value of JSON
    """An item of a list stays, whatever it is: without it the others would move."""
    if isinstance(value, dict):
        return without_defaults(value)
    return [_without_defaults(item) for item in value] if isinstance(value, list) else value


def logs_panel(title: str, project: str, log_filter: str) -> Json:
    """The newest log lines that match a filter."""
    return {"title": title, "logsPanel": {"filter": log_filter, "resourceNames": [f"projects/{project}"]}}


def mosaic_layout(rows: Iterable[tuple[int, Sequence[Json]]]) -> Json:
    """The layout of rows (height, widgets); the widgets of a row have the same width."""
    tiles, y = [], 0
    for height, widgets in rows:
        width = COLUMNS // len(widgets)
        tiles += [
            {"xPos": width * x, "yPos": y, "width": width, "height": height, "widget": widget}
            for x, widget in enumerate(widgets)
        ]
        y += height
    return {"mosaicLayout": {"columns": COLUMNS, "tiles": tiles}}
