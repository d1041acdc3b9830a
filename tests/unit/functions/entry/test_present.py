"""Tests GET /data: the pages of the caller's own records, and what all reads have in common."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.responses import Response

import present
from dataapi.errors import Unavailable
from dataapi.records import record
from dataapi.records.record import Record
from tests.support.functions.calls import Details, answer, assert_error, content, identity, request
from tests.support.functions.deployed import Deployment, deployed
from tests.support.functions.examples import claims_of, record_of, seven_records

USER = "ada@accounts.google.com"
ADA = identity(claims_of("ada", "data.read"))
ABSENT = "f" * 32


async def get(target: str, headers: Mapping[str, str] | None = None, caller: Mapping[str, str] = ADA) -> Response:
    return await answer(present.present, request("GET", target, {**caller, **(headers or {})}))


async def seven_saved(deployment: Deployment) -> list[Record]:
    """Seven records of the caller, the newest first, beside one of another user."""
    records = seven_records(USER)[::-1]
    for saved in (*records, record_of("bob@accounts.google.com")):
        await deployment.records.save(saved)
    return records


def next_target(response: Response) -> str:
    """The URL in the Link header."""
    target, relation = response.headers["link"].split("; ")
    assert 'rel="next"' == relation
    return target.removeprefix("<").removesuffix(">")


async def test_a_list_shows_the_newest_first_as_they_were_posted(deployment: Deployment) -> None:
    records = await seven_saved(deployment)
    response = await get("/data")
    assert 200 == response.status_code
    assert {"records": [record.public(item) for item in records]} == content(response)
    assert "private, no-cache" == response.headers["cache-control"]
    assert "link" not in response.headers


async def test_a_caller_without_records_is_shown_an_empty_list(deployment: Deployment) -> None:
    response = await get("/data/")
    assert {"records": []} == content(response)
    assert 1 == deployment.records.reads
    assert [] == deployment.lines()


async def test_the_query_chooses_among_the_records(deployment: Deployment) -> None:
    oldest, *_, newest = (await seven_saved(deployment))[::-1]
    until = record.receipt(newest.id, newest.created_at)["createdAt"]
    response = await get(f"/data?order=asc&pageSize=1&since=2026-01-01T00:00:00Z&until={until}&key=ignored")
    assert [oldest.id] == [record["id"] for record in content(response)["records"]]


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_the_links_lead_past_every_record_once(
    subtests: pytest.Subtests, deployment: Deployment, order: str
) -> None:
    records = await seven_saved(deployment)
    expected = [record.id for record in records][:: 1 if order == "desc" else -1]
    for size in (1, 2, 3, 6):
        with subtests.test(size=size):
            pages = await pages_from(
                f"/data?order={order}&pageSize={size}&since=2026-01-01T00%3A00%3A00Z&key=an+api+key"
            )
            assert [expected[start : start + size] for start in range(0, 7, size)] == pages


async def pages_from(first: str) -> list[list[str]]:
    """The ids on each page, by following the links; stops after more pages than there should be."""
    target: str | None = first
    pages: list[list[str]] = []
    while target and len(pages) < 9:
        response = await get(target)
        page = content(response)
        pages.append([record["id"] for record in page["records"]])
        assert ("link" in response.headers) == ("nextPageToken" in page)
        target = next_target(response) if "link" in response.headers else None
    return pages


async def test_the_link_is_the_same_query_with_the_token_of_the_next_page(deployment: Deployment) -> None:
    await seven_saved(deployment)
    response = await get("/data?pageSize=2&order=asc&key=an+api+key")
    link = urlsplit(next_target(response))
    expected = {"pageSize": "2", "order": "asc", "pageToken": content(response)["nextPageToken"]}
    assert ("/data", expected) == (link.path, dict(parse_qsl(link.query)))


async def test_a_full_last_page_leads_nowhere(deployment: Deployment) -> None:
    await seven_saved(deployment)
    assert {"records"} == content(await get("/data?pageSize=7")).keys()


async def test_an_invalid_query_is_400_with_all_problems(deployment: Deployment) -> None:
    query = "pageSize=501&pageToken=x&since=yesterday&until=2026-01-31&order=up&pageSize=1&order=asc&order=desc"
    time = "must be an RFC 3339 time, such as 2026-01-31T12:00:00Z (write + as %2B)"
    details: Details = [
        {"field": "pageSize", "problem": "must be a whole number from 1 to 500"},
        {"field": "pageToken", "problem": "must be the nextPageToken of an earlier answer"},
        {"field": "since", "problem": time},
        {"field": "until", "problem": time},
        {"field": "order", "problem": "must be desc (newest first) or asc"},
        {"field": "order", "problem": "is given more than once"},
    ]
    assert_error(await get(f"/data?{query}"), 400, "Fix the parameters", details)
    assert 0 == deployment.records.reads


@pytest.mark.parametrize("target", ["/data?pageSize=2", "/data/{id}"])
async def test_what_a_client_has_cached_is_not_sent_again(
    subtests: pytest.Subtests, deployment: Deployment, target: str
) -> None:
    first, *_ = await seven_saved(deployment)
    target = target.format(id=first.id)
    full = await get(target)
    tag = full.headers["etag"]
    assert tag.startswith('W/"')
    assert tag.endswith('"')
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', f'W/"other",{tag}', "*"):
        with subtests.test(known=known):
            response = await get(target, {"if-none-match": known})
            assert (304, b"") == (response.status_code, response.body)
            expected = {
                name: value for name, value in full.headers.items() if name not in {"content-type", "content-length"}
            }
            assert expected == dict(response.headers)
    for unknown in ('"other"', 'W/"other"', tag.removesuffix('"'), tag.removeprefix("W/").strip('"'), ""):
        with subtests.test(unknown=unknown):
            response = await get(target, {"if-none-match": unknown})
            assert (200, full.body) == (response.status_code, response.body)


async def test_the_tag_of_a_list_changes_with_the_list(deployment: Deployment) -> None:
    tag = (await get("/data")).headers["etag"]
    await deployment.records.save(record_of(USER))
    response = await get("/data", {"if-none-match": tag})
    assert 200 == response.status_code
    assert tag != response.headers["etag"]


@pytest.mark.parametrize("target", ["/data", f"/data/{ABSENT}"])
async def test_without_an_identity_or_the_role_nothing_is_shown(deployment: Deployment, target: str) -> None:
    assert_error(await get(target, caller={}), 401, "Send an ID token")
    writer = identity(claims_of("ada", "data.write"))
    assert_error(await get(target, caller=writer), 403, "needs the role data.read")
    assert 0 == deployment.records.reads


@pytest.mark.parametrize("target", ["/data", f"/data/{ABSENT}"])
async def test_while_firestore_is_unavailable_reading_is_503(deployment: Deployment, target: str) -> None:
    deployment.records.error = Unavailable()
    assert_error(await get(target), 503, "Temporarily unavailable")
    [line] = deployment.lines()
    assert {"severity": "ERROR", "message": "refused", "status": 503, "reason": "Unavailable"} == line


async def test_health_needs_no_identity_and_touches_nothing() -> None:
    with deployed() as deployment:
        deployment.records.error = deployment.dead_letters.error = RuntimeError()  # a call would be a crash
        for target in ("/health", "/health/"):
            response = await get(target, caller={})
            assert (200, {"status": "ok"}) == (response.status_code, content(response))
        assert [] == deployment.lines()


async def test_a_preflight_needs_no_identity() -> None:
    with deployed(CORS_ORIGINS="https://app.example.com") as deployment:
        for path in ("/data", f"/data/{ABSENT}", "/health"):
            preflight = request("OPTIONS", path, {"origin": "https://app.example.com"})
            response = await answer(present.present, preflight)
            assert (path, 204) == (path, response.status_code)
            assert "https://app.example.com" == response.headers["access-control-allow-origin"]
        assert 0 == deployment.records.reads


async def test_other_paths_and_methods_are_rejected(deployment: Deployment) -> None:
    expected = {("POST", "/data"): 405, ("DELETE", f"/data/{ABSENT}"): 405, ("POST", "/health"): 405, ("GET", "/"): 404}
    statuses = {value: (await answer(present.present, request(*value, ADA))).status_code for value in expected}
    assert expected == statuses
    assert 0 == deployment.records.reads
