"""The reference of the API, which the page makes from /openapi.json, and its form to try an operation."""

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import assert_accessible
from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.support.browser.window import Window, Windows
    from tests.support.servers.local_stack import Stack


def signed_in(windows: "Windows", user: str, **options: Any) -> "Window":  # noqa: ANN401 - Playwright's options
    window = windows.signed_in(user, **options)
    window.page.get_by_role("link", name="API reference").click()
    return window


def operation(window: "Window", name: str) -> "Locator":
    """An operation's part of the page, with its form to try it open."""
    part = window.page.locator(f"#{name}")
    part.get_by_text("Try it").click()
    return part


def sent(part: "Locator", status: str) -> "Locator":
    """Sends the form, and returns the body of the answer."""
    part.get_by_role("button", name="Send").click()
    expect(part.locator(".tried")).to_contain_text(status)
    return part.get_by_label("Body of the answer")


def test_every_operation_and_type_of_the_contract_is_shown_without_a_sign_in(
    windows: "Windows", stack: "Stack"
) -> None:
    contract = httpx.get(f"{stack.url}/openapi.json").json()
    names = [
        declared["operationId"]
        for path in contract["paths"].values()
        for declared in path.values()
        if isinstance(declared, dict)
    ]
    window = windows.open("#/reference")
    expect(window.page.get_by_role("heading", name="Data API")).to_be_visible()
    for name in [*names, *contract["components"]["schemas"]]:
        expect(window.page.locator(f"section#{name}")).to_be_visible()
    expect(window.page.locator("#postData")).to_contain_text("Idempotency-Key")
    expect(window.page.locator("#postData .content").first).to_contain_text(next(iter(SAMPLE)))
    assert ["/openapi.json"] == [path.removeprefix(stack.url) for path in window.paths("openapi")]
    assert [] == window.problems


def test_a_link_leads_to_one_part(windows: "Windows") -> None:
    window = windows.open("#/reference/getData")
    expect(window.page.locator("#getData")).to_be_focused()
    expect(window.page.locator("#getData")).to_be_in_viewport()
    window.page.locator("#getData").get_by_text("200", exact=True).click()
    window.page.locator("#getData").get_by_role("link", name="Record", exact=True).click()
    expect(window.page.locator("section#Record")).to_be_in_viewport()


def test_a_record_can_be_posted_read_and_deleted_from_the_reference(windows: "Windows", user: str) -> None:
    window = signed_in(windows, user)
    answer = sent(operation(window, "postData"), "202")
    record_id = json.loads(answer.inner_text())["id"]
    reading = operation(window, "getData")
    reading.get_by_label("id").fill(record_id)
    reading.get_by_label("Prefer").fill("wait=10")
    assert SAMPLE == json.loads(sent(reading, "200").inner_text())["data"]
    expect(reading.get_by_label("Headers of the answer")).to_contain_text("etag")
    deleting = operation(window, "deleteData")
    deleting.get_by_label("id").fill(record_id)
    expect(sent(deleting, "204")).to_have_count(0)
    sent(reading, "404")
    window.page.get_by_role("link", name="Records", exact=False).first.click()
    expect(window.page.get_by_role("heading", name="New record")).to_be_visible()
    assert [] == window.problems


def test_a_batch_and_an_error_are_shown_as_the_api_answers_them(windows: "Windows", user: str) -> None:
    window = signed_in(windows, user)
    posting = operation(window, "postData")
    posting.get_by_label("Content-Type").select_option("application/x-ndjson")
    receipts = json.loads(sent(posting, "202").inner_text())["records"]
    assert len(receipts) == posting.get_by_label("Body", exact=True).input_value().count("\n")
    posting.get_by_label("Idempotency-Key").fill("two words")
    assert "Idempotency-Key" in sent(posting, "400").inner_text()


def test_who_is_not_signed_in_can_try_what_needs_no_token_and_sign_in_without_leaving(
    windows: "Windows", user: str
) -> None:
    window = windows.open("#/reference")
    listing = operation(window, "listData")
    listing.get_by_role("button", name="Send").click()
    expect(listing.locator(".tried")).to_have_text("Sign in first: this needs a token.")
    assert {"status": "ok"} == json.loads(sent(operation(window, "health"), "200").inner_text())
    window.page.get_by_role("button", name="Sign in").click()
    window.choose(user)
    assert {"records": []} == json.loads(sent(operation(window, "listData"), "200").inner_text())
    expect(window.page.get_by_role("button", name="Sign in")).to_have_count(0)


def test_a_contract_that_cannot_be_read_is_reported_and_read_again_on_the_next_visit(windows: "Windows") -> None:
    window = windows.open()
    window.page.route("**/openapi.json", lambda route: route.fulfill(status=503, body="{}"))
    window.page.get_by_role("link", name="API reference").click()
    expect(window.page.get_by_role("alert")).to_have_text(
        re.compile(r"The API answered 503 to /openapi\.json\. Try again in a moment\.")
    )
    window.page.unroute("**/openapi.json")
    window.page.evaluate("() => { location.hash = '#/'; }")
    window.page.get_by_role("link", name="API reference").click()
    expect(window.page.locator("#postData")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_in_the_reference(windows: "Windows", user: str, scheme: str, width: int) -> None:
    viewport = {"width": width, "height": 640}
    window = signed_in(windows, user, color_scheme=scheme, reduced_motion="reduce", viewport=viewport)
    sent(operation(window, "postData"), "202")
    window.page.evaluate("() => document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert_accessible(window, "the reference")
