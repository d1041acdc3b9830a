import math
from dataclasses import dataclass

import pytest

from components.monitoring.log_metrics import IN_TIME
from monitoring_configuration import LEAST_OBJECTIVE
from tests.monitoring_filter import Selection, dashboard, in_promql, objectives, selections, sums
from tests.rehearsal import FUNCTION, OPERATOR, PROJECT, Json, Rehearsal, rehearse

POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
SLO = "gcp:monitoring/slo:Slo"
CHECK = "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig"
DASHBOARD = "gcp:monitoring/dashboard:Dashboard"
LOG_METRIC = "gcp:logging/metric:Metric"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"


@dataclass(frozen=True)
class Listed:
    """A metric as Google documents it."""

    resource: str
    kind: str
    labels: frozenset[str]
    is_distribution: bool = False


def listed(resource: str, kind: str, *labels: str, is_distribution: bool = False) -> Listed:
    return Listed(resource, kind, frozenset(labels), is_distribution)


# The reviewed list: what is selected anywhere stands here, with resource, kind and labels, or is counted from the logs.
# https://docs.cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run, #gcp-pubsub; metrics_gcp_d_h#gcp-firestore;
# metrics_gcp_i_o#gcp-monitoring
METRICS = {
    "run.googleapis.com/request_count": listed("cloud_run_revision", "DELTA", "response_code", "response_code_class"),
    "run.googleapis.com/request_latencies": listed(
        "cloud_run_revision", "DELTA", "response_code", "response_code_class", is_distribution=True
    ),
    "run.googleapis.com/container/instance_count": listed("cloud_run_revision", "GAUGE", "state"),
    "pubsub.googleapis.com/subscription/oldest_unacked_message_age": listed("pubsub_subscription", "GAUGE"),
    "pubsub.googleapis.com/subscription/num_undelivered_messages": listed("pubsub_subscription", "GAUGE"),
    "firestore.googleapis.com/api/request_count": listed(
        "firestore.googleapis.com/Database", "DELTA", "api_method", "response_code"
    ),
    "monitoring.googleapis.com/uptime_check/check_passed": listed(
        "uptime_url", "GAUGE", "check_id", "checked_resource_id", "checker_location"
    ),
}
# https://docs.cloud.google.com/monitoring/api/resources
RESOURCES = {
    "cloud_run_revision": {"service_name", "revision_name", "location", "configuration_name", "project_id"},
    "pubsub_subscription": {"subscription_id", "project_id"},
    "firestore.googleapis.com/Database": {"database_id", "location", "resource_container"},
    "apigateway.googleapis.com/Gateway": {"gateway_id", "location", "resource_container"},
    "uptime_url": {"host", "project_id"},
}
ALIGNERS = {"DELTA": {"ALIGN_DELTA", "ALIGN_RATE"}, "GAUGE": {"ALIGN_MAX", "ALIGN_NEXT_OLDER"}}
DAY = 24 * 3600


def metrics(rehearsal: Rehearsal) -> dict[str, Listed]:
    """The reviewed metrics, and those that the deployment counts from its logs."""
    found = dict(METRICS)
    for each in rehearsal.all(LOG_METRIC):
        descriptor = each.inputs["metricDescriptor"]
        found[f"logging.googleapis.com/user/{each.inputs['name']}"] = listed(
            each.inputs["filter"].split('"')[1],
            descriptor["metricKind"],
            *(label["key"] for label in descriptor["labels"]),
            is_distribution=descriptor["valueType"] == "DISTRIBUTION",
        )
    return found


def existing(rehearsal: Rehearsal) -> dict[str, set[str]]:
    """What there is of that which labels of resources name."""
    return {
        "resource.service_name": {each.inputs["name"] for each in rehearsal.all(FUNCTION)},
        "resource.subscription_id": {
            each.inputs["name"] for each in rehearsal.all("gcp:pubsub/subscription:Subscription")
        },
        "resource.database_id": {each.inputs["name"] for each in rehearsal.all("gcp:firestore/database:Database")},
        "resource.gateway_id": {each.inputs["gatewayId"] for each in rehearsal.all("gcp:apigateway/gateway:Gateway")},
        "resource.project_id": {PROJECT},
        "metric.check_id": {"the-check"},
    }


def assert_exists(found: Selection, rehearsal: Rehearsal) -> None:
    known = metrics(rehearsal)[found.metric]
    assert known.resource == found.resource
    assert {name for name in found.labels if name.startswith("metric.")} <= {f"metric.{each}" for each in known.labels}
    resource_labels = {name for name in found.labels if name.startswith("resource.")}
    assert resource_labels <= {f"resource.{each}" for each in RESOURCES[found.resource]}
    named = existing(rehearsal)
    for label in found.labels.keys() & named.keys():
        assert {*found.labels[label]} <= named[label]


def assert_own(found: Selection) -> None:
    """Of what Google measures only this deployment's is selected: other stacks may share the project."""
    is_own = found.metric.startswith("logging.googleapis.com/user/data-api-")
    assert is_own or any(label in found.labels for label in ("metric.check_id", *existing_names()))


def existing_names() -> set[str]:
    return {"resource.service_name", "resource.subscription_id", "resource.database_id"}


def conditions(rehearsal: Rehearsal) -> list[tuple[str, Json]]:
    """All thresholds, with the names of their alerts."""
    return [
        (policy.name, condition["conditionThreshold"])
        for policy in rehearsal.all(POLICY)
        for condition in policy.inputs["conditions"]
    ]


def threshold(rehearsal: Rehearsal, alert: str, condition: int = 0) -> Json:
    found: Json = rehearsal.one(POLICY, alert).inputs["conditions"][condition]["conditionThreshold"]
    return found


def test_alerts_select_only_metrics_resources_and_labels_that_there_are(prod: Rehearsal) -> None:
    found = selections([condition for _, condition in conditions(prod)])
    assert 12 == len(found)
    for each in found:
        assert_exists(each, prod)
        assert_own(each)


def test_objectives_select_only_what_the_deployment_counts(either: Rehearsal) -> None:
    found = selections([each.inputs["requestBasedSli"] for each in either.all(SLO)])
    assert 5 == len(found)
    for each in found:
        assert_exists(each, either)
        assert each.metric.startswith("logging.googleapis.com/user/")


def test_the_dashboard_shows_only_metrics_that_there_are(either: Rehearsal) -> None:
    shown = dashboard(either.one(DASHBOARD, "dashboard").inputs)
    assert len(selections(shown)) > 10
    for each in selections(shown):
        assert_exists(each, either)
        assert_own(each)
    known = {in_promql(name): metric for name, metric in metrics(either).items() if metric.is_distribution}
    ((metric, resource),) = sums(shown)
    assert known[metric].resource == resource


def test_series_are_aligned_as_their_kind_allows(prod: Rehearsal) -> None:
    aligned = [
        (selections({"filter": each["filter"]})[0].metric, each["aggregations"])
        for _, each in conditions(prod)
        if "aggregations" in each
    ]
    queries = queries_of(dashboard(prod.one(DASHBOARD, "dashboard").inputs))
    aligned += [(selections(each)[0].metric, [each["aggregation"]]) for each in queries if selections(each)]
    assert len(aligned) > 20
    for metric, aggregations in aligned:
        for each in aggregations:
            known = metrics(prod)[metric]
            assert each["perSeriesAligner"] in ALIGNERS[known.kind], metric
            assert ("PERCENTILE" in each["crossSeriesReducer"]) == known.is_distribution, metric


def queries_of(node: object) -> list[Json]:
    if isinstance(node, list):
        return [query for child in node for query in queries_of(child)]
    if not isinstance(node, dict):
        return []
    own = [node["timeSeriesFilter"]] if "timeSeriesFilter" in node else []
    return own + [query for child in node.values() for query in queries_of(child)]


def test_the_dashboard_says_first_whether_it_is_well(either: Rehearsal) -> None:
    tiles = dashboard(either.one(DASHBOARD, "dashboard").inputs)["mosaicLayout"]["tiles"]
    first = [tile["widget"] for tile in tiles if "yPos" not in tile or tile["yPos"] == 0]
    assert all(widget["scorecard"]["thresholds"][0]["color"] == "RED" for widget in first)
    promised = {
        f"projects/1234/services/of-it/serviceLevelObjectives/{name}" for name in ("accepting", "storing", "reading")
    }
    assert promised == {*objectives(first)}
    assert {"data-api-%s-records-push", "data-api-%s-records-dead-letters"} == {
        each.labels["resource.subscription_id"][0].replace("-dev-", "-%s-").replace("-prod-", "-%s-")
        for each in selections(first)
    }


def test_tiles_lie_side_by_side_within_the_grid(dev: Rehearsal) -> None:
    layout = dashboard(dev.one(DASHBOARD, "dashboard").inputs)["mosaicLayout"]
    cells = [
        (x, y)
        for tile in layout["tiles"]
        for x in range(tile["xPos"], tile["xPos"] + tile["width"])
        for y in range(tile["yPos"], tile["yPos"] + tile["height"])
    ]
    assert len(cells) == len({*cells})
    assert max(x for x, _ in cells) < layout["columns"] <= 48


def test_dev_raises_no_alert_and_calls_nobody_but_shows_and_measures_the_same(dev: Rehearsal, prod: Rehearsal) -> None:
    assert [] == [*dev.all(POLICY), *dev.all(CHECK), *dev.all(CHANNEL)]
    for type_ in (DASHBOARD, SLO, LOG_METRIC):
        assert {each.name for each in prod.all(type_)} == {each.name for each in dev.all(type_)} != set()
    assert 14 == len(prod.all(POLICY))
    assert 1 == len(prod.all(CHECK))


@pytest.mark.parametrize(("stack", "alerts"), [("dev", "true"), ("prod", "false")])
def test_alerts_are_the_stacks_to_say(stack: str, alerts: str) -> None:
    found = rehearse(stack, {**OPERATOR, "data-api:alerts": alerts})
    assert (alerts == "true") == bool(found.all(POLICY)) == bool(found.all(CHECK))


def test_a_preview_knows_all_alerts_but_those_on_what_google_has_yet_to_name() -> None:
    previewed = rehearse("prod", preview=True)
    unknown = {each.name for each in previewed.all(POLICY) if not isinstance(each.inputs["conditions"], list)}
    named_by_google = {
        f"{each}-burns-{speed}" for each in ("accepting", "storing", "reading") for speed in ("fast", "slowly")
    }
    assert named_by_google | {"unreachable"} == unknown
    for each in selections([policy.inputs["conditions"] for policy in previewed.all(POLICY)]):
        assert_exists(each, previewed)


def test_an_alert_waits_for_what_it_counts(prod: Rehearsal) -> None:
    counts = {each.urn for each in prod.all(LOG_METRIC)}
    for each in [*prod.all(POLICY), *prod.all(SLO)]:
        assert counts <= each.waits_for, each.name


def test_all_of_the_monitoring_waits_for_the_services(prod: Rehearsal) -> None:
    services = {each.urn for each in prod.all("gcp:projects/service:Service")}
    watching = [each for each in prod.resources if each.type.startswith(("gcp:monitoring", "gcp:logging"))]
    assert len(watching) > 25
    assert all(services <= each.waits_for for each in watching)


@pytest.mark.parametrize("objective", ["accepting", "storing", "reading"])
def test_an_objective_has_a_fast_and_a_slow_alert_over_two_windows_each(prod: Rehearsal, objective: str) -> None:
    goal = prod.one(SLO, objective).inputs["goal"]
    period = prod.one(SLO, objective).inputs["rollingPeriodDays"] * DAY
    name = f"projects/1234/services/of-it/serviceLevelObjectives/{objective}"
    # https://sre.google/workbook/alerting-on-slos/: share of the budget, long window, short window
    for speed, spent, long, short in (("fast", 0.02, 3600, 300), ("slowly", 0.05, 6 * 3600, 1800)):
        policy = prod.one(POLICY, f"{objective}-burns-{speed}").inputs
        assert "AND" == policy["combiner"]
        burning = [condition["conditionThreshold"] for condition in policy["conditions"]]
        assert [f'select_slo_burn_rate("{name}", "{window}s")' for window in (long, short)] == [
            each["filter"] for each in burning
        ]
        (rate,) = {each["thresholdValue"] for each in burning}
        assert math.isclose(spent, rate * long / period)
        assert rate * (1 - goal) < 1  # else nothing could burn so fast
        assert rate * (1 - LEAST_OBJECTIVE / 100) < 1


def test_objectives_are_what_the_stack_promises() -> None:
    promised = '{"accepting": 99.95, "storing": 95, "reading": 99.99}'
    found = rehearse("dev", {**OPERATOR, "data-api:objectives": promised})
    goals = {each.name: each.inputs["goal"] for each in found.all(SLO)}
    assert {"accepting": 0.9995, "storing": 0.95, "reading": 0.9999} == goals


def test_storage_is_late_where_a_bucket_of_the_lag_ends(either: Rehearsal) -> None:
    cut = either.one(SLO, "storing").inputs["requestBasedSli"]["distributionCut"]
    assert {"max": IN_TIME} == cut["range"]
    assert IN_TIME in either.one(LOG_METRIC, "lag").inputs["bucketOptions"]["explicitBuckets"]["bounds"]


@pytest.mark.parametrize(("objective", "method"), [("accepting", "POST"), ("reading", "GET")])
def test_requests_are_judged_where_clients_meet_the_system(prod: Rehearsal, objective: str, method: str) -> None:
    ratio = prod.one(SLO, objective).inputs["requestBasedSli"]["goodTotalRatio"]
    bad, total = selections({"filter": ratio["badServiceFilter"]}), selections({"filter": ratio["totalServiceFilter"]})
    assert ["apigateway.googleapis.com/Gateway"] * 2 == [each.resource for each in (*bad, *total)]
    assert [{"metric.method": (method,)}] * 2 == [each.labels for each in (*bad, *total)]
    assert (
        "logging.googleapis.com/user/data-api-prod-failed",
        "logging.googleapis.com/user/data-api-prod-answered",
    ) == (
        bad[0].metric,
        total[0].metric,
    )


def test_what_the_provider_asks_of_a_policy_is_kept(prod: Rehearsal) -> None:
    for name, each in conditions(prod):
        # https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies
        assert "evaluationMissingData" not in each or int(each["duration"].removesuffix("s")) >= 60, name
        assert each.get("denominatorAggregations", each.get("aggregations")) == each.get("aggregations"), name
    assert all(1 <= len(each.inputs["conditions"]) <= 6 for each in prod.all(POLICY))


def test_one_dead_letter_is_enough_and_the_alert_stays_while_it_lies_there(prod: Rehearsal) -> None:
    found = threshold(prod, "dead-letters")
    assert (0, "COMPARISON_GT", "EVALUATION_MISSING_DATA_NO_OP") == (
        found["thresholdValue"],
        found["comparison"],
        found["evaluationMissingData"],
    )
    (selected,) = selections(found)
    assert ("data-api-prod-records-dead-letters",) == selected.labels["resource.subscription_id"]


def test_a_message_may_wait_through_the_pauses_of_a_passing_fault(prod: Rehearsal) -> None:
    seven_tries = sum(min(10 * 2**attempt, 600) for attempt in range(6))
    found = threshold(prod, "undelivered-messages")
    assert seven_tries < found["thresholdValue"] == 900
    (selected,) = selections(found)
    assert ("data-api-prod-records-push",) == selected.labels["resource.subscription_id"]


@pytest.mark.parametrize(("most", "nearly"), [(1, 1), (2, 1.6), (20, 16)])
def test_instances_are_near_their_most_at_80_percent_of_it(most: int, nearly: float) -> None:
    found = rehearse("prod", {**OPERATOR, "data-api:maxInstances": str(most)})
    assert math.isclose(nearly, threshold(found, "near-the-most-instances")["thresholdValue"])


def test_ratios_and_latencies_are_told_apart_by_function(prod: Rehearsal) -> None:
    for name, each in conditions(prod):
        if name in ("server-errors", "slow-answers", "near-the-most-instances"):
            assert [["resource.labels.service_name"]] == [every["groupByFields"] for every in each["aggregations"]]
    slow = [threshold(prod, "slow-answers", number) for number in (0, 1)]
    watched = {
        name for each in slow for name in selections({"filter": each["filter"]})[0].labels["resource.service_name"]
    }
    assert {f"data-api-prod-{name}" for name in ("generate", "persist", "present")} == watched


def test_the_uptime_check_asks_as_a_client_would_from_three_places(prod: Rehearsal) -> None:
    check = prod.one(CHECK, "healthz").inputs
    assert {"project_id": PROJECT, "host": "gateway.example"} == check["monitoredResource"]["labels"]
    assert ("/healthz", True, True, 443) == tuple(
        check["httpCheck"][name] for name in ("path", "useSsl", "validateSsl", "port")
    )
    assert 3 <= len(check["selectedRegions"])
    assert 1 == threshold(prod, "unreachable")["thresholdValue"]  # one place of three may be wrong


def test_stacks_of_one_project_share_no_name(dev: Rehearsal, prod: Rehearsal) -> None:
    for type_, name in ((SLO, "service"), ("gcp:monitoring/customService:CustomService", "serviceId")):
        assert set() == {each.inputs[name] for each in dev.all(type_)} & {each.inputs[name] for each in prod.all(type_)}
    assert "data-api-dev" == dashboard(dev.one(DASHBOARD, "dashboard").inputs)["displayName"]
