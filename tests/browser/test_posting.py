"""Posting from the form and as JSON: problems, what becomes of a record, and the draft."""

import json
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.conftest import POISON
from tests.support.records import REQUIRED, SAMPLE

if TYPE_CHECKING:
    from tests.support.browser.window import Windows
    from tests.support.servers.local_stack import Stack

FIRST, SECOND = REQUIRED


def test_a_posted_record_is_accepted_then_stored_and_in_the_list(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)
    with window.holding("**/data/*"):  # the wait for the record, and the feed
        window.post({FIRST: "grüße", SECOND: "שלום"})
        expect(window.sent.first).to_contain_text("Accepted")

    expect(window.sent.first).to_contain_text(re.compile(r"Stored after [1-9][\d,]* ms"))
    expect(window.row("grüße")).to_have_count(1)
    expect(window.page.get_by_label(FIRST)).to_have_value("")
    assert [] == window.problems


def test_the_browser_shows_problems_at_their_fields_and_sends_nothing(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)

    window.post({FIRST: "only one"})

    field = window.page.get_by_label(SECOND)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("Must not be empty.")
    expect(window.page.get_by_label(FIRST)).to_have_attribute("aria-invalid", "false")
    assert [] == window.paths("/data$")


def test_the_problems_that_only_the_api_finds_stand_at_their_fields(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)
    problem = {"code": 400, "message": "Invalid.", "details": [{"field": f"/{SECOND}", "problem": "is too odd"}]}
    window.page.route("**/data", lambda route: route.fulfill(status=400, json=problem))

    window.post(SAMPLE)

    expect(window.page.get_by_label(SECOND)).to_have_accessible_description("Is too odd.")
    expect(window.page.get_by_label(FIRST)).to_have_value(SAMPLE[FIRST])


def test_a_record_that_cannot_be_stored_is_named_with_its_reason(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)

    window.post({FIRST: POISON, SECOND: "x"})

    expect(window.sent.first).to_contain_text(re.compile(r"Not stored\. \w+ \w+"), timeout=60_000)
    assert "410" not in window.sent.first.inner_text()


def test_json_is_posted_as_it_is_written(windows: "Windows", user: str, stack: "Stack") -> None:
    window = windows.signed_in(user)
    window.page.get_by_role("button", name="JSON", exact=True).click()
    editor = window.page.get_by_label("Record as JSON")
    editor.fill("{")
    window.page.get_by_role("button", name="Post record").click()
    expect(window.page.get_by_role("alert").filter(has_text="This is not JSON")).to_be_visible()

    editor.fill(json.dumps(SAMPLE))
    window.page.get_by_role("button", name="Post record").click()

    expect(window.sent.first).to_contain_text("Stored after")
    with stack.client(user, "data.read") as client:
        assert [SAMPLE] == [record["data"] for record in client.get("/data").json()["records"]]


def test_a_draft_survives_a_reload_and_a_change_of_the_form(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)
    window.write(SAMPLE)

    window.page.reload()
    for name, value in SAMPLE.items():
        expect(window.page.get_by_label(name)).to_have_value(value)
    window.page.get_by_role("button", name="JSON", exact=True).click()

    assert SAMPLE == json.loads(window.page.get_by_label("Record as JSON").input_value())


def test_a_record_can_be_posted_with_the_keyboard_alone(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)
    window.page.get_by_label(FIRST).focus()
    for key in ("typed", "too"):
        window.page.keyboard.type(key)
        window.page.keyboard.press("Tab")
    window.page.keyboard.press("Enter")

    expect(window.sent.first).to_contain_text("Stored after")
    expect(window.page.locator("#announcer")).not_to_be_empty()
