"""What a web page of another origin may send and read, through the gateway."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from data_api.shared.contract import load_contract
from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack

ORIGIN = {"origin": "http://localhost:8000"}
CORS = {name: item for name, item in load_contract()["paths"].items() if "options" in item}
NOT_METHODS = {"options", "parameters", "summary", "description"}
# What a page may read without leave, of https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name
SAFELISTED = {"cache-control", "content-length", "content-type"}
OF_THE_CONNECTION = {"date", "server", "vary", "x-content-type-options", "x-envoy-upstream-service-time"}


@pytest.fixture
def page(stack: "Stack") -> Iterator[httpx.Client]:
    """The requests of a page of another origin, whose user is signed in."""
    with stack.client(f"ada-{uuid.uuid4()}", "data.read", "data.write") as client:
        client.headers.update(ORIGIN)
        yield client


def test_a_browser_gets_its_preflight_without_a_token_and_reads_refusals(stack: "Stack") -> None:
    origin = "http://localhost:8000"
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }

    preflight = httpx.options(f"{stack.url}/data", headers=headers)
    stranger = httpx.options(f"{stack.url}/data", headers={**headers, "origin": "http://evil.example"})
    with stack.client("ada", "data.write") as client:
        refusal = client.post("/data", json={}, headers={"origin": origin})

    assert (204, origin) == (preflight.status_code, preflight.headers["access-control-allow-origin"])
    assert "access-control-allow-origin" not in stranger.headers
    assert (400, origin) == (refusal.status_code, refusal.headers["access-control-allow-origin"])


def test_a_page_may_use_every_method_of_each_path_whose_tokens_it_can_send(stack: "Stack") -> None:
    with_tokens = {path for path, item in load_contract()["paths"].items() if _needs_token(item)}
    assert with_tokens == CORS.keys()
    for path, item in CORS.items():
        preflight = httpx.options(stack.url + path.replace("{id}", "0" * 32), headers=ORIGIN)
        assert 204 == preflight.status_code
        allowed = preflight.headers["access-control-allow-methods"].split(", ")
        assert {method.upper() for method in item.keys() - NOT_METHODS} <= {*allowed}


def test_a_page_may_read_every_header_of_every_answer(page: httpx.Client) -> None:
    locations = [page.post("/data", json=SAMPLE).headers["location"] for _ in range(2)]
    answers = [
        page.post("/data", json=SAMPLE),
        *(page.get(location, headers={"prefer": "wait=10"}) for location in locations),
        page.get("/data?pageSize=1"),
        page.get("/data/changes", headers={"prefer": "wait=1"}),
        page.delete(locations[0]),
        page.get("/data?pageSize=none"),
    ]
    read = set[str]()
    for answer in answers:
        exposed = {name.lower() for name in answer.headers["access-control-expose-headers"].split(", ")}
        sent = {name for name in answer.headers if not name.startswith("access-control-")}
        assert sent - SAFELISTED - OF_THE_CONNECTION <= exposed
        read |= sent & exposed
    assert {"etag", "link", "location", "preference-applied"} == read


def _needs_token(item: dict[str, object]) -> bool:
    """Whether one of the methods does."""
    operations = (item[name] for name in item.keys() - NOT_METHODS)
    return any(isinstance(operation, dict) and operation.get("security") != [] for operation in operations)
