"""Parses filters of Cloud Monitoring in the form that `infra` uses: conditions joined by AND.

https://cloud.google.com/monitoring/api/v3/filters. The known metrics, resources and labels are in `monitoring_metrics`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_CONDITION = re.compile(r'(?P<name>[\w.]+)=(?P<value>"[^"]*"|one_of\((?:"[^"]*"(?:, )?)+\))')
_PROMQL = re.compile(r'sum\(rate\((?P<metric>[\w:]+)_sum\{monitored_resource="(?P<resource>[^"]+)"\}\[5m\]\)\)')
_OBJECTIVE = re.compile(r'select_slo_\w+\("(?P<name>[^"]+)"(?:, "\d+s")?\)')
_KEYS = re.compile("filter|.*Filter")


@dataclass(frozen=True)
class Selection:
    """What a filter selects: a metric of a kind of resource, by labels with one value or several."""

    metric: str
    resource: str
    labels: dict[str, tuple[str, ...]]  # by `metric.x` and `resource.x`


def selection(filter_: str) -> Selection:
    """Parses a filter; fails if it has another form."""
    conditions: dict[str, tuple[str, ...]] = {}
    for text in filter_.split(" AND "):
        match = _CONDITION.fullmatch(text)
        assert match, f"{text} is no condition"
        assert match["name"] not in conditions, f"{match['name']} stands twice"
        conditions[match["name"]] = tuple(re.findall('"([^"]*)"', match["value"]))
    (metric,), (resource,) = conditions.pop("metric.type"), conditions.pop("resource.type")
    return Selection(metric, resource, {name.replace(".labels.", "."): values for name, values in conditions.items()})


def selections(node: Any) -> list[Selection]:  # noqa: ANN401  a part of a resource's inputs
    """The selections in a node and below it, without those of logs and objectives."""
    return [selection(text) for text in _filters(node) if not _OBJECTIVE.fullmatch(text)]


def objectives(node: Any) -> list[str]:  # noqa: ANN401  a part of a resource's inputs
    """The names of the objectives in a node."""
    return [match["name"] for text in _filters(node) if (match := _OBJECTIVE.fullmatch(text))]


def sums(node: Any) -> list[tuple[str, str]]:  # noqa: ANN401  a part of a resource's inputs
    """The PromQL queries in a node: metric, in PromQL's spelling, and resource."""
    results = []
    for key, value in _items(node):
        if key == "prometheusQuery":
            query = _PROMQL.fullmatch(value)
            assert query, f"{value} is no sum"
            results.append((query["metric"], query["resource"]))
    return results


def in_promql(metric: str) -> str:
    """A metric as PromQL spells it (https://cloud.google.com/monitoring/promql/promql-mapping)."""
    service, path = metric.split("/", 1)
    return re.sub("[^a-zA-Z0-9]", "_", service) + ":" + re.sub("[^a-zA-Z0-9]", "_", path)


def dashboard(inputs: dict[str, Any]) -> dict[str, Any]:
    """What a dashboard shows."""
    read: dict[str, Any] = json.loads(inputs["dashboardJson"])
    return read


def _filters(node: Any) -> list[str]:  # noqa: ANN401  a part of a resource's inputs
    return [value for key, value in _items(node) if _KEYS.fullmatch(key) and isinstance(value, str)]


def _items(node: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  a part of a resource's inputs
    if isinstance(node, list):
        for child in node:
            yield from _items(child)
    if isinstance(node, dict):
        for key, value in node.items():
            if key != "logsPanel":  # its filter is one of Cloud Logging
                yield key, value
                yield from _items(value)
