"""Deleting records, and undoing it in time."""

import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.support.records import SAMPLE, record_with

if TYPE_CHECKING:
    from tests.support.browser.window import Window, Windows
    from tests.support.servers.local_stack import Stack


def with_a_clock(windows: "Windows", user: str) -> "Window":
    """A window of the user whose time a test can put forward."""
    window = windows.open()
    window.page.clock.install(time=time.time())
    window.page.reload()
    window.sign_in(user)
    return window


def test_records_are_deleted_after_some_seconds_and_not_before(windows: "Windows", user: str, stack: "Stack") -> None:
    window = with_a_clock(windows, user)
    for text in ("alpha", "beta", "gamma"):
        window.post(record_with(text))
        expect(window.row(text)).to_have_count(1)

    window.row("alpha").get_by_role("checkbox").check()
    window.row("gamma").get_by_role("checkbox").check()
    window.page.get_by_role("button", name="Delete 2").click()

    expect(window.rows).to_have_count(1)
    assert [] == [request.url for request in window.requests if request.method == "DELETE"]
    window.page.clock.run_for(6_500)
    with stack.client(user, "data.read") as client:
        stack.eventually(lambda: len(client.get("/data").json()["records"]) == 1)
    window.page.reload()
    expect(window.row("beta")).to_have_count(1)
    expect(window.rows).to_have_count(1)


def test_a_deletion_can_be_undone(windows: "Windows", user: str) -> None:
    window = with_a_clock(windows, user)
    window.post(SAMPLE)
    expect(window.rows).to_have_count(1)
    window.rows.first.get_by_role("checkbox").check()
    window.page.get_by_role("button", name="Delete 1").click()
    expect(window.rows).to_have_count(0)

    window.page.get_by_role("button", name="Undo").click()
    window.page.clock.run_for(10_000)  # longer than it can be undone

    expect(window.rows).to_have_count(1)
    window.page.reload()
    expect(window.rows).to_have_count(1)
    assert [] == [request.url for request in window.requests if request.method == "DELETE"]


def test_a_deletion_is_sent_when_the_page_is_closed(windows: "Windows", user: str, stack: "Stack") -> None:
    window = windows.signed_in(user)
    window.post(SAMPLE)
    expect(window.rows).to_have_count(1)
    window.rows.first.get_by_role("link").click()
    window.page.locator(".record").get_by_role("button", name="Delete").click()
    expect(window.page.locator(".empty")).to_be_visible()

    window.page.goto("about:blank")

    with stack.client(user, "data.read") as client:
        stack.eventually(lambda: client.get("/data").json()["records"] == [])


def test_a_record_that_could_not_be_deleted_is_back_with_the_reason(windows: "Windows", user: str) -> None:
    window = with_a_clock(windows, user)
    window.post(SAMPLE)
    expect(window.rows).to_have_count(1)
    refusal = {"code": 403, "message": "The role data.write is missing."}
    window.page.route(
        "**/data/*",
        lambda route: (
            route.fulfill(status=403, json=refusal) if route.request.method == "DELETE" else route.continue_()
        ),
    )
    window.rows.first.get_by_role("checkbox").check()
    window.page.get_by_role("button", name="Delete 1").click()
    expect(window.rows).to_have_count(0)

    window.page.clock.run_for(6_500)

    expect(window.rows).to_have_count(1)
    expect(window.page.locator(".toast").last).to_contain_text(
        "A record was not deleted. You lack the role data.write."
    )
