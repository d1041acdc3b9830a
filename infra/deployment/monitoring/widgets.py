"""Writes the tiles of a dashboard in Cloud Monitoring's JSON.

Owns their form (https://cloud.google.com/monitoring/api/ref_dashboards/rest/v1/projects.dashboards) and their places on
the grid. What they show is `dashboard`'s.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Widget = dict[str, Any]

COLUMNS = 48  # of Cloud Monitoring's grid
_MINUTE = "60s"
_NO_NAME = re.compile(r"\W")


@dataclass(frozen=True)
class Line:
    """One line of a chart, or a line for each group, and how its series are brought together."""

    legend: str
    filter: str
    aligner: str = "ALIGN_RATE"
    reducer: str = "REDUCE_SUM"
    by: str = ""

    def query(self) -> Widget:
        """As a dashboard asks for it."""
        fields = {"groupByFields": [self.by]} if self.by else {}
        aggregation = {"alignmentPeriod": _MINUTE, "perSeriesAligner": self.aligner, "crossSeriesReducer": self.reducer}
        return {"timeSeriesFilter": {"filter": self.filter, "aggregation": {**aggregation, **fields}}}


@dataclass(frozen=True)
class Sum:
    """The sum of a distribution's values a second, which only PromQL can give."""

    legend: str
    metric: str
    resource: str

    def query(self) -> Widget:
        """As a dashboard asks for it."""
        # The names of metrics in PromQL: https://cloud.google.com/monitoring/promql/promql-mapping
        service, _, path = self.metric.partition("/")
        name = f"{_NO_NAME.sub('_', service)}:{_NO_NAME.sub('_', path)}_sum"
        return {"prometheusQuery": f'sum(rate({name}{{monitored_resource="{self.resource}"}}[5m]))'}


def chart(title: str, unit: str, *lines: Line | Sum) -> Widget:
    """Lines over time."""
    sets = [
        {"legendTemplate": line.legend, "plotType": "LINE", "targetAxis": "Y1", "timeSeriesQuery": line.query()}
        for line in lines
    ]
    return {"title": title, "xyChart": {"dataSets": sets, "yAxis": {"label": unit, "scale": "LINEAR"}}}


def number(title: str, query: Widget, red: float, *, below: bool = False) -> Widget:
    """A number that turns red above a threshold, or below it."""
    threshold = {"value": red, "color": "RED", "direction": "BELOW" if below else "ABOVE"}
    return {
        "title": title,
        "scorecard": {
            "timeSeriesQuery": query,
            "thresholds": [threshold],
            "sparkChartView": {"sparkChartType": "SPARK_LINE"},
        },
    }


def logs(title: str, project: str, filter_: str) -> Widget:
    """The newest log lines that pass a filter."""
    return {"title": title, "logsPanel": {"filter": filter_, "resourceNames": [f"projects/{project}"]}}


def grid(rows: Iterable[tuple[int, Sequence[Widget]]]) -> Widget:
    """Rows of a height each, whose widgets share the width."""
    tiles, y = [], 0
    for height, widgets in rows:
        width = COLUMNS // len(widgets)
        tiles += [
            {"xPos": width * x, "yPos": y, "width": width, "height": height, "widget": widget}
            for x, widget in enumerate(widgets)
        ]
        y += height
    return {"mosaicLayout": {"columns": COLUMNS, "tiles": tiles}}
