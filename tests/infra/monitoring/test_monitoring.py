import pytest

from tests.support.infra.monitoring_filter import dashboard, selections
from tests.support.infra.monitoring_metrics import CHECK, DASHBOARD, LOG_METRIC, POLICY, SLO, assert_exists
from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import OPERATOR

CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"


def test_dev_raises_no_alert_and_calls_nobody_but_shows_and_measures_the_same(
    dev: RecordedDeployment, prod: RecordedDeployment
) -> None:
    assert [] == [*dev.all(POLICY), *dev.all(CHECK), *dev.all(CHANNEL)]
    for type_ in (DASHBOARD, SLO, LOG_METRIC):
        assert (
            {resource.name for resource in prod.all(type_)} == {resource.name for resource in dev.all(type_)} != set()
        )
    assert 15 == len(prod.all(POLICY))
    assert 1 == len(prod.all(CHECK))


@pytest.mark.parametrize(("stack", "alerts"), [("dev", "true"), ("prod", "false")])
def test_alerts_are_the_stacks_to_say(stack: str, alerts: str) -> None:
    deployment = run_program(stack, {**OPERATOR, "data-api:alerts": alerts})
    assert (alerts == "true") == bool(deployment.all(POLICY)) == bool(deployment.all(CHECK))


def test_a_preview_knows_all_alerts_but_those_on_what_google_has_yet_to_name() -> None:
    previewed = run_program("prod", preview=True)
    unknown = {
        resource.name for resource in previewed.all(POLICY) if not isinstance(resource.inputs["conditions"], list)
    }
    named_by_google = {
        f"{each}-burns-{speed}" for each in ("accepting", "storing", "reading") for speed in ("fast", "slowly")
    }
    assert named_by_google | {"unreachable"} == unknown
    for selection in selections([policy.inputs["conditions"] for policy in previewed.all(POLICY)]):
        assert_exists(selection, previewed)


def test_an_alert_waits_for_what_it_counts(prod: RecordedDeployment) -> None:
    counts = {resource.urn for resource in prod.all(LOG_METRIC)}
    for resource in [*prod.all(POLICY), *prod.all(SLO)]:
        assert counts <= resource.waits_for, resource.name


def test_all_of_the_monitoring_waits_for_the_services(prod: RecordedDeployment) -> None:
    services = {resource.urn for resource in prod.all("gcp:projects/service:Service")}
    watching = [resource for resource in prod.resources if resource.type.startswith(("gcp:monitoring", "gcp:logging"))]
    assert len(watching) > 25
    assert all(services <= each.waits_for for each in watching)


def test_the_uptime_check_asks_as_a_client_would_from_three_places(prod: RecordedDeployment) -> None:
    check = prod.one(CHECK, "healthz").inputs
    assert {"project_id": PROJECT, "host": "gateway.example"} == check["monitoredResource"]["labels"]
    assert ("/healthz", True, True, 443) == tuple(
        check["httpCheck"][name] for name in ("path", "useSsl", "validateSsl", "port")
    )
    assert 3 <= len(check["selectedRegions"])
    (failing,) = prod.one(POLICY, "unreachable").inputs["conditions"]
    assert 1 == failing["conditionThreshold"]["thresholdValue"]  # one place of three may be wrong


def test_stacks_of_one_project_share_no_name(dev: RecordedDeployment, prod: RecordedDeployment) -> None:
    for type_, name in ((SLO, "service"), ("gcp:monitoring/customService:CustomService", "serviceId")):
        assert set() == {resource.inputs[name] for resource in dev.all(type_)} & {
            resource.inputs[name] for resource in prod.all(type_)
        }
    assert "data-api-dev" == dashboard(dev.one(DASHBOARD, "dashboard").inputs)["displayName"]
