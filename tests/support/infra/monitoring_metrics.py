"""Lists the metrics and resources of Google that the monitoring may select, as documented.

Every selection must be in this reviewed list, or be a log-based metric of the deployment itself.
"""

from dataclasses import dataclass

from tests.support.infra.monitoring_filter import Selection, selection
from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.recorded_deployment import Json, RecordedDeployment
from tests.support.infra.resource_types import FUNCTION

POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
SLO = "gcp:monitoring/slo:Slo"
CHECK = "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig"
DASHBOARD = "gcp:monitoring/dashboard:Dashboard"
LOG_METRIC = "gcp:logging/metric:Metric"


@dataclass(frozen=True)
class Listed:
    """A metric as Google documents it."""

    resource: str
    kind: str
    labels: frozenset[str]
    is_distribution: bool = False


def listed(resource: str, kind: str, *labels: str, is_distribution: bool = False) -> Listed:
    return Listed(resource, kind, frozenset(labels), is_distribution)


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
    "firestore.googleapis.com/storage/backups_storage_bytes": listed("firestore.googleapis.com/Database", "GAUGE"),
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


def metrics(deployment: RecordedDeployment) -> dict[str, Listed]:
    """The reviewed metrics, and those that the deployment counts from its logs."""
    results = dict(METRICS)
    for resource in deployment.all(LOG_METRIC):
        descriptor = resource.inputs["metricDescriptor"]
        results[f"logging.googleapis.com/user/{resource.inputs['name']}"] = listed(
            resource.inputs["filter"].split('"')[1],
            descriptor["metricKind"],
            *(label["key"] for label in descriptor["labels"]),
            is_distribution=descriptor["valueType"] == "DISTRIBUTION",
        )
    return results


def existing(deployment: RecordedDeployment) -> dict[str, set[str]]:
    """The names of existing resources, by the label that refers to them."""
    return {
        "resource.service_name": {resource.inputs["name"] for resource in deployment.all(FUNCTION)},
        "resource.subscription_id": {
            resource.inputs["name"] for resource in deployment.all("gcp:pubsub/subscription:Subscription")
        },
        "resource.database_id": {
            resource.inputs["name"] for resource in deployment.all("gcp:firestore/database:Database")
        },
        "resource.gateway_id": {
            resource.inputs["gatewayId"] for resource in deployment.all("gcp:apigateway/gateway:Gateway")
        },
        "resource.project_id": {PROJECT},
        "metric.check_id": {"the-check"},
    }


def assert_exists(selected: Selection, deployment: RecordedDeployment) -> None:
    known = metrics(deployment)[selected.metric]
    assert known.resource == selected.resource
    assert {name for name in selected.labels if name.startswith("metric.")} <= {
        f"metric.{label}" for label in known.labels
    }
    resource_labels = {name for name in selected.labels if name.startswith("resource.")}
    assert resource_labels <= {f"resource.{label}" for label in RESOURCES[selected.resource]}
    named = existing(deployment)
    for label in selected.labels.keys() & named.keys():
        assert {*selected.labels[label]} <= named[label]


def assert_own(selected: Selection) -> None:
    """A selection of Google's metrics has a label of this deployment: other stacks may share the project."""
    named = {"metric.check_id", "resource.service_name", "resource.subscription_id", "resource.database_id"}
    assert selected.metric.startswith("logging.googleapis.com/user/data-api-") or selected.labels.keys() & named


def assert_aligned(filter_: str, aggregations: list[Json], deployment: RecordedDeployment) -> None:
    """Series are aligned as the kind of their metric allows."""
    result = selection(filter_)
    known = metrics(deployment)[result.metric]
    for aggregation in aggregations:
        assert aggregation["perSeriesAligner"] in ALIGNERS[known.kind], result.metric
        assert ("PERCENTILE" in aggregation["crossSeriesReducer"]) == known.is_distribution, result.metric
