"""A record's path through the whole system, as its sender sees it."""

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.records import REQUIRED, SAMPLE, record_with

if TYPE_CHECKING:
    from tests.support.servers.live_api import Api
    from tests.support.servers.local_stack import Stack


@pytest.fixture
def ada(api: "Api") -> Iterator[httpx.Client]:
    with api.client(f"ada-{uuid.uuid4()}", "data.read", "data.write") as client:
        yield client


def test_a_posted_record_is_listed_soon_after_its_answer(api: "Api", ada: httpx.Client) -> None:
    answer = ada.post("/data", json=SAMPLE)
    answered = time.monotonic()

    assert 202 == answer.status_code
    receipt = answer.json()
    assert {"id", "createdAt"} == receipt.keys()
    assert f"/data/{receipt['id']}" == answer.headers["location"]
    while not (records := ada.get("/data").json()["records"]):
        assert time.monotonic() < answered + api.soon
    assert [{**receipt, "data": SAMPLE}] == records


def test_a_record_still_on_its_way_can_be_waited_for(ada: httpx.Client) -> None:
    location = ada.post("/data", json=SAMPLE).headers["location"]

    answer = ada.get(location, headers={"prefer": "wait=10"})

    assert 200 == answer.status_code
    assert "wait=10" == answer.headers["preference-applied"]
    assert SAMPLE == answer.json()["data"]
    assert 304 == ada.get(location, headers={"if-none-match": answer.headers["etag"]}).status_code


def test_no_user_reads_the_records_of_another_user(api: "Api", ada: httpx.Client) -> None:
    location = ada.post("/data", json=SAMPLE).headers["location"]
    assert 200 == ada.get(location, headers={"prefer": "wait=10"}).status_code

    with api.client(f"eve-{uuid.uuid4()}", "data.read") as eve:
        assert {"records": []} == eve.get("/data").json()
        assert 404 == eve.get(location).status_code


def test_one_subject_of_two_issuers_is_two_users(stack: "Stack") -> None:
    subject = f"twin-{uuid.uuid4()}"
    with stack.client(subject, "data.read", "data.write") as google:
        location = google.post("/data", json=SAMPLE).headers["location"]
        assert 200 == google.get(location, headers={"prefer": "wait=10"}).status_code
    token = stack.token(subject, "data.read", issuer="identity-platform")

    answer = httpx.get(f"{stack.url}/data", headers={"authorization": f"Bearer {token}"})

    assert {"records": []} == answer.json()


def test_a_batch_is_listed_line_by_line_and_page_by_page(ada: httpx.Client) -> None:
    lines = f"{json.dumps(SAMPLE)}\n" * 1_000
    answer = ada.post("/data", content=lines, headers={"content-type": "application/x-ndjson"})
    assert 202 == answer.status_code
    ids = [receipt["id"] for receipt in answer.json()["records"]]
    for record_id in (ids[0], ids[-1]):
        assert 200 == ada.get(f"/data/{record_id}", headers={"prefer": "wait=10"}).status_code

    results: list[str] = []
    until = time.monotonic() + 30
    while len(results) < len(ids) and time.monotonic() < until:
        results = _all_pages(ada, "/data?pageSize=300&order=asc")

    assert ids == results


def test_a_bad_line_refuses_the_whole_batch_and_is_named(ada: httpx.Client) -> None:
    lines = f"{json.dumps(SAMPLE)}\n{{}}\nnot json\n"

    answer = ada.post("/data", content=lines, headers={"content-type": "application/x-ndjson"})

    assert 400 == answer.status_code
    problems = {(detail["line"], detail["field"]) for detail in answer.json()["details"]}
    assert {(3, ""), *((2, f"/{name}") for name in REQUIRED)} == problems
    assert {"records": []} == ada.get("/data").json()


def test_of_different_contents_with_one_key_exactly_one_is_stored_and_never_changes(
    stack: "Stack", ada: httpx.Client
) -> None:
    records = [record_with(str(number)) for number in range(10)]

    def post(record: object) -> httpx.Response:
        return ada.post("/data", json=record, headers={"idempotency-key": "once"})

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, records))

    assert [202] * 10 == [answer.status_code for answer in answers]
    (record_id,) = {answer.json()["id"] for answer in answers}
    stored = ada.get(f"/data/{record_id}", headers={"prefer": "wait=10"}).json()
    assert stored in [{**answer.json(), "data": record} for answer, record in zip(answers, records, strict=True)]

    assert record_id == post(record_with("a content that comes later")).json()["id"]
    stack.eventually(lambda: len(records) + 1 <= len(_deliveries(stack, record_id)))
    assert 1 == _deliveries(stack, record_id).count("stored")
    assert [stored] == ada.get("/data").json()["records"]


def test_health_needs_no_token(api: "Api") -> None:
    answer = httpx.get(f"{api.url}/healthz")

    assert (200, {"status": "ok"}) == (answer.status_code, answer.json())


def test_the_trace_goes_from_the_request_to_the_write_and_no_line_is_private(stack: "Stack", ada: httpx.Client) -> None:
    trace_id = uuid.uuid4().hex
    marker = f"marker-{uuid.uuid4()}"
    header = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}

    record_id = ada.post("/data", json=record_with(marker), headers=header).json()["id"]
    stack.eventually(lambda: ["stored"] == _deliveries(stack, record_id))

    lines = [line for part in ("generate", "persist") for line in stack.logs(part) if line.get("id") == record_id]
    assert ["accepted", "stored"] == [line["message"] for line in lines]
    assert {f"projects/data-api-local/traces/{trace_id}"} == {line["logging.googleapis.com/trace"] for line in lines}
    everything = "".join(path.read_text() for path in (stack.home / str(stack.port) / "logs").glob("*.log"))
    for private in (marker, ada.headers["authorization"].split(".")[1]):
        assert private not in everything


def _all_pages(client: httpx.Client, path: str) -> list[str]:
    results = []
    following: str | None = path
    while following:
        page = client.get(following)
        results += [record["id"] for record in page.json()["records"]]
        following = page.links.get("next", {}).get("url")
    return results


def _deliveries(stack: "Stack", record_id: str) -> list[str]:
    """What `persist` logged about each."""
    return [line["message"] for line in stack.logs("persist") if line.get("id") == record_id]
