from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployment.monitoring.widgets import without_defaults
from tests.support.infra.monitoring_filter import dashboard, in_promql, objectives, selections, sums
from tests.support.infra.monitoring_metrics import DASHBOARD, assert_aligned, assert_exists, assert_own, metrics
from tests.support.infra.recorded_deployment import Json, RecordedDeployment

SCALARS = st.none() | st.booleans() | st.integers() | st.text()


def shown(deployment: RecordedDeployment) -> Json:
    """What the dashboard shows."""
    return dashboard(deployment.one(DASHBOARD, "dashboard").inputs)


def queries_of(node: object) -> list[Json]:
    if isinstance(node, list):
        return [query for child in node for query in queries_of(child)]
    if not isinstance(node, dict):
        return []
    own = [node["timeSeriesFilter"]] if "timeSeriesFilter" in node else []
    return own + [query for child in node.values() for query in queries_of(child)]


def defaults(node: object, path: str = "") -> list[str]:
    """The paths of the fields that have the default value of their type in proto3."""
    if isinstance(node, list):
        return [found for index, child in enumerate(node) for found in defaults(child, f"{path}[{index}]")]
    if not isinstance(node, dict):
        return []
    own = [f"{path}.{name}" for name, value in node.items() if value in (0, "", [], False, None)]
    return own + [found for name, child in node.items() for found in defaults(child, f"{path}.{name}")]


def test_the_dashboard_is_declared_as_google_returns_it(dev_or_prod: RecordedDeployment) -> None:
    """Cloud Monitoring leaves out fields with a default value, and the provider would change them at every `up`."""
    assert [] == defaults(shown(dev_or_prod))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine under load generates slowly
@given(st.recursive(SCALARS, lambda children: st.lists(children) | st.dictionaries(st.text(), children)))
def test_nothing_but_fields_with_a_default_value_is_left_out(node: object) -> None:
    cleaned = without_defaults({"field": node})
    assert [] == defaults(cleaned)
    assert scalars({"field": node}) == scalars(cleaned)


def scalars(node: object) -> list[object]:
    """The scalars of the fields and lists in order, without the fields that are at their default."""
    if isinstance(node, dict):
        return [found for child in node.values() if child not in (0, "", False, None) for found in scalars(child)]
    return [found for child in node for found in scalars(child)] if isinstance(node, list) else [node]


def test_the_dashboard_shows_only_metrics_that_exist(dev_or_prod: RecordedDeployment) -> None:
    all_of_it = shown(dev_or_prod)
    assert len(selections(all_of_it)) > 10
    for selection in selections(all_of_it):
        assert_exists(selection, dev_or_prod)
        assert_own(selection)
    known = {in_promql(name): metric for name, metric in metrics(dev_or_prod).items() if metric.is_distribution}
    ((metric, resource),) = sums(all_of_it)
    assert known[metric].resource == resource


def test_tiles_do_not_overlap_and_are_within_the_grid(dev: RecordedDeployment) -> None:
    layout = shown(dev)["mosaicLayout"]
    cells = [
        (x, y)
        for tile in layout["tiles"]
        for x in range(tile.get("xPos", 0), tile.get("xPos", 0) + tile["width"])
        for y in range(tile.get("yPos", 0), tile.get("yPos", 0) + tile["height"])
    ]
    assert len(cells) == len({*cells})
    assert max(x for x, _ in cells) < layout["columns"] <= 48


def test_series_are_aligned_as_the_kind_of_their_metric_allows(dev_or_prod: RecordedDeployment) -> None:
    queries = [query for query in queries_of(shown(dev_or_prod)) if not objectives(query)]
    assert len(queries) > 15
    for query in queries:
        assert_aligned(query["filter"], [query["aggregation"]], dev_or_prod)
