import pytest
import yaml

from tests.support.infra.monitoring_filter import dashboard, selections
from tests.support.infra.monitoring_metrics import CHECK, DASHBOARD, LOG_METRIC, POLICY, SLO, assert_exists
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import OPERATOR, ROOT

CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"


def test_dev_has_no_alerts_but_the_same_dashboard_and_metrics_as_prod(
    dev: RecordedDeployment, prod: RecordedDeployment
) -> None:
    assert [] == [*dev.all(POLICY), *dev.all(CHECK), *dev.all(CHANNEL)]
    for type_ in (DASHBOARD, SLO, LOG_METRIC):
        of_both = {resource.name for resource in prod.all(type_) if "synthetic" not in resource.name}
        assert of_both == {resource.name for resource in dev.all(type_)} != set()
    assert 19 == len(prod.all(POLICY))
    assert 1 == len(prod.all(CHECK))


@pytest.mark.parametrize(("stack", "alerts"), [("dev", "true"), ("prod", "false")])
def test_alerts_are_a_setting(stack: str, alerts: str) -> None:
    deployment = run_program(stack, {**OPERATOR, "data-api:alerts": alerts})
    assert (alerts == "true") == bool(deployment.all(POLICY)) == bool(deployment.all(CHECK))


def test_a_preview_knows_all_alerts_but_those_on_names_that_google_generates() -> None:
    previewed = run_program("prod", preview=True)
    unknown = {
        resource.name for resource in previewed.all(POLICY) if not isinstance(resource.inputs["conditions"], list)
    }
    named_by_google = {
        f"{objective}-burns-{speed}"
        for objective in ("accepting", "storing", "reading")
        for speed in ("fast", "slowly")
    }
    assert named_by_google | {"unreachable"} == unknown
    for selection in selections([policy.inputs["conditions"] for policy in previewed.all(POLICY)]):
        assert_exists(selection, previewed)


def test_an_alert_waits_for_its_metrics(prod: RecordedDeployment) -> None:
    metrics = {resource.urn for resource in prod.all(LOG_METRIC)}
    for resource in [*prod.all(POLICY), *prod.all(SLO)]:
        assert metrics <= resource.waits_for, resource.name


def test_the_uptime_check_calls_the_gateway_at_a_path_of_the_contract(prod: RecordedDeployment) -> None:
    check = prod.one(CHECK, "healthz").inputs
    assert prod.outputs["url"] == f"https://{check['monitoredResource']['labels']['host']}"
    assert "get" in yaml.safe_load((ROOT / "openapi.yaml").read_text())["paths"][check["httpCheck"]["path"]]
    (condition,) = prod.one(POLICY, "unreachable").inputs["conditions"]
    assert condition["conditionThreshold"]["thresholdValue"] < len(check["selectedRegions"]) - 1  # one region may fail


def test_stacks_of_one_project_share_no_name(dev: RecordedDeployment, prod: RecordedDeployment) -> None:
    for type_, name in ((SLO, "service"), ("gcp:monitoring/customService:CustomService", "serviceId")):
        assert set() == {resource.inputs[name] for resource in dev.all(type_)} & {
            resource.inputs[name] for resource in prod.all(type_)
        }
    assert "data-api-dev" == dashboard(dev.one(DASHBOARD, "dashboard").inputs)["displayName"]
