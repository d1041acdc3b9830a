from tests.support.infra.monitoring_filter import dashboard, in_promql, objectives, selections, sums
from tests.support.infra.monitoring_metrics import DASHBOARD, assert_aligned, assert_exists, assert_own, metrics
from tests.support.infra.recorded_deployment import Json, RecordedDeployment


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
        for x in range(tile["xPos"], tile["xPos"] + tile["width"])
        for y in range(tile["yPos"], tile["yPos"] + tile["height"])
    ]
    assert len(cells) == len({*cells})
    assert max(x for x, _ in cells) < layout["columns"] <= 48


def test_series_are_aligned_as_the_kind_of_their_metric_allows(dev_or_prod: RecordedDeployment) -> None:
    queries = [query for query in queries_of(shown(dev_or_prod)) if not objectives(query)]
    assert len(queries) > 15
    for query in queries:
        assert_aligned(query["filter"], [query["aggregation"]], dev_or_prod)
