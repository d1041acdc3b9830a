"""The spans of a request: one trace from the POST to the document."""

import asyncio
import json

import pytest
from grpc import StatusCode

import present
from data_api.shared.traces.spans import Span
from tests.support.functions.calls import answer, identity, request
from tests.support.functions.traced import (
    CALLER,
    CLAIMS,
    EMAIL,
    SECRET,
    SUBJECT,
    Cloud,
    Received,
    get,
    post,
    push_all,
)

TRACE, CALLERS_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CLIENTS = 24


async def test_one_trace_leads_from_the_post_to_the_document(cloud: Cloud, received: Received) -> None:
    assert 202 == (await post({"traceparent": f"00-{TRACE}-{CALLERS_SPAN}-01"})).status_code
    assert [204] == await push_all(cloud)

    accept, publish = received.one("POST /data"), received.one("send records")
    receive, write = received.one("process"), received.one("BatchWrite records")
    assert {TRACE} == {span.trace_id for span in received.spans}
    parents = [CALLERS_SPAN, accept.span_id, publish.span_id, receive.span_id]
    assert parents == [span.parent_id for span in (accept, publish, receive, write)]
    assert ["server", "producer", "consumer", "client"] == [span.kind for span in (accept, publish, receive, write)]
    assert ((TRACE, receive.span_id),) == write.links
    assert f"00-{TRACE}-{publish.span_id}-01" == cloud.published[0][1]["traceparent"]
    assert accept.start <= publish.start <= publish.end <= accept.end <= receive.start <= write.start <= write.end


async def test_spans_have_the_attributes_of_the_semantic_conventions(cloud: Cloud, received: Received) -> None:
    await post()
    await push_all(cloud)
    await get("/data")
    await get(f"/data/{'a' * 32}")
    attributes = {span.name: span.attributes for span in received.spans}

    http = {"http.request.method", "http.route", "http.response.status_code", "url.scheme", "url.path"}
    database = {"db.system.name": "gcp.firestore", "db.collection.name": "records", "db.namespace": "records"}
    assert attributes == {
        "POST /data": dict(zip(sorted(http), ["POST", 202, "/data", "/data", "http"], strict=True)),
        "send records": {
            "messaging.system": "gcp_pubsub",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.destination.name": "records",
            "data_api.group_size": 1,
        },
        "process": {
            "messaging.system": "gcp_pubsub",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.message.id": "0",
            "messaging.gcp_pubsub.message.delivery_attempt": 2,
            "http.response.status_code": 204,
        },
        "BatchWrite records": {**database, "db.operation.name": "BatchWrite"},
        "GET /data": dict(zip(sorted(http), ["GET", 200, "/data", "/data", "http"], strict=True)),
        "RunQuery records": {**database, "db.operation.name": "RunQuery"},
        "GET /data/{id}": dict(zip(sorted(http), ["GET", 200, "/data/{id}", f"/data/{'a' * 32}", "http"], strict=True)),
        "GetDocument records": {**database, "db.operation.name": "GetDocument"},
    }
    assert {"under-test"} == {span.part for span in received.spans}


async def test_a_trace_in_the_older_header_of_google_is_continued(received: Received) -> None:
    await post({"x-cloud-trace-context": f"{TRACE}/17;o=1"})
    accept = received.one("POST /data")
    assert (TRACE, f"{17:016x}") == (accept.trace_id, accept.parent_id)


async def test_the_first_of_two_traceparents_counts_as_in_the_log(
    received: Received, capsys: pytest.CaptureFixture[str]
) -> None:
    parents = [f"00-{digit * 32}-{CALLERS_SPAN}-01".encode() for digit in "12"]
    twice = request("GET", "/data", CALLER)
    twice.scope["headers"] += [(b"traceparent", parent) for parent in parents]
    await answer(present.present, twice)
    assert "1" * 32 == received.one("GET /data").trace_id
    assert "2" * 32 not in capsys.readouterr().out


async def test_a_write_links_to_every_trace_that_it_served(cloud: Cloud, received: Received) -> None:
    await asyncio.gather(*(post() for _ in range(CLIENTS)))
    assert [204] * CLIENTS == await push_all(cloud)

    writes, deliveries = received.named("BatchWrite records"), received.named("process")
    assert len(writes) < CLIENTS == len({span.trace_id for span in deliveries})
    links = [link for write in writes for link in write.links]
    assert sorted((span.trace_id, span.span_id) for span in deliveries) == sorted(links)
    sizes = [write.attributes.get("db.operation.batch.size", 1) for write in writes]
    assert [len(write.links) for write in writes] == sizes
    by_id = {span.span_id: span for span in deliveries}
    for write in writes:
        first, *others = [by_id[span_id] for _, span_id in write.links]
        assert (first.trace_id, first.span_id) == (write.trace_id, write.parent_id)
        assert all(((write.trace_id, write.span_id),) == other.links for other in others)


async def test_requests_that_end_together_share_exports_and_wait_for_their_own_spans(received: Received) -> None:
    await asyncio.gather(*(post() for _ in range(CLIENTS)))
    assert CLIENTS == len(received.named("POST /data"))
    assert len(received.exports) < CLIENTS / 2


async def test_a_span_has_the_type_of_an_error_and_nothing_that_a_client_sent(cloud: Cloud, received: Received) -> None:
    cloud.script = [StatusCode.INVALID_ARGUMENT]
    await post({"authorization": "Bearer the-token"})
    await get(f"/data/{EMAIL}")
    await post(identity({**CLAIMS, "Role": []}))

    failed = received.one("send records")
    assert (True, "TooLarge") == (failed.failed, failed.attributes["error.type"])
    first, second = received.named("POST /data")
    assert (413, None, False) == (*_status(first), first.failed)  # the request is at fault, not the function
    assert (403, None, False) == (*_status(second), second.failed)
    result = json.dumps([span.line() for span in received.spans])
    assert [] == [secret for secret in (SUBJECT, EMAIL, SECRET, "the-token") if secret in result]
    assert "/data/{id}" in result


def _status(span: Span) -> tuple[object, object]:
    return span.attributes["http.response.status_code"], span.attributes.get("error.type")
