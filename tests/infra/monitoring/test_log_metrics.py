"""The log-based metrics against the log lines of the functions, which run in this process."""

import ast
import base64
import json
from collections import Counter

import pytest

import dead_letter
import generate
import persist
import present
from dataapi.errors import Unavailable
from dataapi.records.submission import MAX_BATCH_RECORDS
from deployment.monitoring.log_metrics import LAG_BOUNDS, MAX_LAG, RECORD_BOUNDS
from tests.support.functions.calls import answer, identity, request
from tests.support.functions.deployed import Deployment, deployed
from tests.support.functions.examples import claims_of
from tests.support.infra.log_query import Entry, entry_of, extracted, passes
from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.recorded_deployment import Json, RecordedDeployment
from tests.support.infra.stack_settings import ROOT

METRIC = "gcp:logging/metric:Metric"
FUNCTIONS = {
    "dead-letter": dead_letter.dead_letter,
    "generate": generate.generate,
    "persist": persist.persist,
    "present": present.present,
}
RECORD = b'{"informationOne": "1", "informationTwo": "2"}'
NOT_COUNTED = {"client_disconnected", "deleted"}  # no alert and no objective depends on these
READER = "https://gateway.example/data"


class Run:
    """Runs the functions, and collects the log entries that Cloud Logging would store."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.entries: list[Entry] = []

    async def post(self, body: bytes, kind: str = "json") -> None:
        caller = identity(claims_of("ada", "data.write"))
        await self._call("generate", "POST", "/data", {**caller, "content-type": f"application/{kind}"}, body)

    async def read(self, path: str) -> None:
        await self._call("present", "GET", path, identity(claims_of("ada", "data.read")))

    async def push(self, data: bytes, function: str = "persist") -> None:
        message = {"messageId": "1", "data": base64.b64encode(data).decode(), "attributes": {}}
        body = json.dumps({"message": message, "deliveryAttempt": 1}).encode()
        await self._call(function, "POST", "/", {"content-type": "application/json"}, body)

    async def _call(self, function: str, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> None:
        self.deployment.output.truncate(0)
        self.deployment.output.seek(0)
        await answer(FUNCTIONS[function], request(method, path, headers, body))
        for line in self.deployment.output.getvalue().splitlines():
            self.entries.append(entry_of(line, f"data-api-dev-{function}", PROJECT))


@pytest.fixture
async def entries() -> list[Entry]:
    """The log entries of all four functions, with successes and errors."""
    with deployed() as deployment:
        run = Run(deployment)
        await run.post(RECORD)
        await run.post(b"\n".join([RECORD] * 3), "x-ndjson")
        await run.post(b'{"informationOne": 1}')
        for message in deployment.publisher.messages:
            await run.push(message.data)
        await run.push(deployment.publisher.messages[0].data)
        await run.push(b"no record")
        await run.push(b"no record", "dead-letter")
        await run.read(f"/data/{'f' * 32}")
        deployment.publisher.error = deployment.records.error = Unavailable()
        await run.post(RECORD)
        await run.push(deployment.publisher.messages[0].data)
        deployment.publisher.error = deployment.records.error = KeyError("unforeseen")
        await run.post(RECORD)
        await run.read("/data")
    return run.entries


@pytest.fixture
def metrics(dev: RecordedDeployment) -> dict[str, Json]:
    return {resource.name: resource.inputs for resource in dev.all(METRIC)}


def counted(metric: Json, entries: list[Entry]) -> Counter[tuple[object, ...]]:
    """The number of entries that a metric counts, by the values of its labels."""
    labels = [extractor for _, extractor in sorted(metric["labelExtractors"].items())]
    matches = [entry for entry in entries if passes(metric["filter"], entry)]
    return Counter(tuple(extracted(label, entry) for label in labels) for entry in matches)


def values(metric: Json, entries: list[Entry]) -> list[str | float | None]:
    return [extracted(metric["valueExtractor"], entry) for entry in entries if passes(metric["filter"], entry)]


def gateway_entry(url: str, status: int, method: str = "GET", details: str = "via_upstream") -> Entry:
    """As in https://docs.cloud.google.com/api-gateway/docs/platform-logging."""
    return {
        "resource": {"type": "apigateway.googleapis.com/Gateway", "labels": {"gateway_id": "data-api-dev"}},
        "logName": f"projects/{PROJECT}/logs/apigateway.googleapis.com%2Frequests",
        "httpRequest": {"requestMethod": method, "requestUrl": url, "status": status},
        "jsonPayload": {"responseDetails": details},
    }


def test_records_are_counted_post_by_post(metrics: dict[str, Json], entries: list[Entry]) -> None:
    assert [1, 3] == values(metrics["accepted"], entries)


def test_each_result_of_a_delivery_is_counted_once(metrics: dict[str, Json], entries: list[Entry]) -> None:
    results = {
        name: counted(metrics[name], entries).total() for name in ("stored", "duplicate", "rejected", "dead_lettered")
    }
    assert {"stored": 4, "duplicate": 1, "rejected": 1, "dead_lettered": 1} == results


def test_the_lag_is_that_of_stored_records_in_seconds(metrics: dict[str, Json], entries: list[Entry]) -> None:
    lags = values(metrics["lag"], entries)
    assert 4 == len(lags)
    assert all(isinstance(lag, float) and 0 <= lag < 60 for lag in lags)
    assert "s" == metrics["lag"]["metricDescriptor"]["unit"]


def test_rejections_are_counted_by_reason_and_status(metrics: dict[str, Json], entries: list[Entry]) -> None:
    assert {("BadRequest", 400): 1, ("NotFound", 404): 1, ("Unavailable", 503): 2} == counted(
        metrics["refused"], entries
    )


def test_crashes_are_counted_by_kind(metrics: dict[str, Json], entries: list[Entry]) -> None:
    assert {("KeyError",): 2} == counted(metrics["crashed"], entries)


def test_no_metric_counts_what_another_stack_writes(metrics: dict[str, Json], entries: list[Entry]) -> None:
    text = json.dumps(entries)
    assert "data-api-dev-" in text
    foreign = json.loads(text.replace("data-api-dev-", "data-api-prod-"))
    assert 0 == sum(counted(metric, foreign).total() for metric in metrics.values())


def test_every_event_that_a_function_logs_is_counted(prod: RecordedDeployment) -> None:
    logged = set()
    for path in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("log", "call.log"):
                texts = [constant.value for constant in ast.walk(node.args[0]) if isinstance(constant, ast.Constant)]
                logged |= {text for text in texts if isinstance(text, str)}
    filters = " ".join(metric.inputs["filter"] for metric in prod.all(METRIC))
    assert {"accepted", "stored", "refused"} <= logged
    assert NOT_COUNTED == {event for event in logged if f'jsonPayload.message="{event}"' not in filters}


@pytest.mark.parametrize(
    ("entry", "answered", "failed"),
    [
        (gateway_entry(READER, 200), {("GET",): 1}, {}),
        (gateway_entry(f"{READER}/{'f' * 32}", 404), {("GET",): 1}, {}),
        (gateway_entry(f"{READER}?pageSize=5", 504, details="response_timeout"), {("GET",): 1}, {("GET", 504): 1}),
        (gateway_entry("/data", 503, "POST"), {("POST",): 1}, {("POST", 503): 1}),
        (gateway_entry(READER, 429, "POST"), {("POST",): 1}, {("POST", 429): 1}),
        (gateway_entry(READER, 429, "POST", "service_control_quota_error"), {("POST",): 1}, {}),
        (gateway_entry(READER, 500, "BREW"), {(None,): 1}, {(None, 500): 1}),
        (gateway_entry("https://gateway.example/healthz", 503), {}, {}),
        (gateway_entry("https://gateway.example/database", 503), {}, {}),
        (gateway_entry("https://gateway.example/x/data", 404), {}, {}),
    ],
)
def test_requests_to_data_are_counted_at_the_gateway_and_as_failed_if_the_system_fails(
    metrics: dict[str, Json], entry: Entry, answered: dict[object, int], failed: dict[object, int]
) -> None:
    assert answered == counted(metrics["answered"], [entry])
    assert failed == counted(metrics["failed"], [entry])


@pytest.mark.parametrize(
    ("status", "details", "refused"),
    [
        (401, "jwt_authn_access_denied", {(401,): 1}),
        (403, "via_upstream", {(403,): 1}),
        (200, "via_upstream", {}),
        (404, "via_upstream", {}),
        (503, "via_upstream", {}),
    ],
)
def test_refused_callers_are_counted_at_the_gateway(
    metrics: dict[str, Json], status: int, details: str, refused: dict[object, int]
) -> None:
    assert refused == counted(metrics["refused_callers"], [gateway_entry(READER, status, details=details)])
    assert {} == counted(metrics["refused_callers"], [gateway_entry("https://gateway.example/x", status)])


def test_every_label_is_extracted_and_every_extractor_has_its_label(metrics: dict[str, Json]) -> None:
    for metric in metrics.values():
        described = [label["key"] for label in metric["metricDescriptor"]["labels"]]
        assert sorted(described) == sorted(metric["labelExtractors"])


def test_no_label_has_a_value_that_a_client_chooses(metrics: dict[str, Json]) -> None:
    labels = {label for metric in metrics.values() for label in metric["labelExtractors"]}
    assert {"method", "reason", "status"} == labels
    assert all("^(GET|POST|OPTIONS)$" in metrics[name]["labelExtractors"]["method"] for name in ("answered", "failed"))


def test_distributions_have_rising_bounds_and_one_at_the_limit_of_the_objective(metrics: dict[str, Json]) -> None:
    bounds = {
        name: metric["bucketOptions"]["explicitBuckets"]["bounds"]
        for name, metric in metrics.items()
        if "bucketOptions" in metric
    }
    assert {"accepted": [*RECORD_BOUNDS], "lag": [*LAG_BOUNDS]} == bounds
    assert all(sorted({*bound}) == bound for bound in bounds.values())
    assert MAX_LAG in bounds["lag"]
    assert bounds["accepted"][-2] <= MAX_BATCH_RECORDS < bounds["accepted"][-1]


def test_stacks_of_one_project_share_no_metric(dev: RecordedDeployment, prod: RecordedDeployment) -> None:
    names = [{resource.inputs["name"] for resource in stack.all(METRIC)} for stack in (dev, prod)]
    assert (11, 13) == (len(names[0]), len(names[1]))  # two more for the synthetic caller
    assert set() == names[0] & names[1]


def test_the_calls_of_the_synthetic_caller_are_counted_by_their_result(prod: RecordedDeployment) -> None:
    lines = [
        json.dumps({"severity": "INFO", "message": f"synthetic_call_{result}", "seconds": 1.0})
        for result in ("passed", "failed", "failed")
    ]
    for service, numbers in (("data-api-prod-probe", (1, 2)), ("data-api-dev-probe", (0, 0))):
        calls = [entry_of(line, service, PROJECT) for line in lines]
        metrics = [prod.one(METRIC, f"synthetic_call_{result}").inputs for result in ("passed", "failed")]
        assert numbers == tuple(counted(metric, calls).total() for metric in metrics)
