"""The list, one record, and the downloads."""

import csv
import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import stored_records
from tests.support.records import REQUIRED, SAMPLE, record_with

if TYPE_CHECKING:
    from tests.support.browser.window import Window, Windows
    from tests.support.servers.local_stack import Stack

FIRST, SECOND = REQUIRED


def stored(stack: "Stack", user: str, records: list[dict[str, str]]) -> list[str]:
    """Posts a batch, waits until all is stored, and returns the ids."""
    body = "".join(json.dumps(record) + "\n" for record in records)
    with stack.client(user, "data.read", "data.write") as client:
        answer = client.post("/data", content=body, headers={"content-type": "application/x-ndjson"})
        ids = [receipt["id"] for receipt in answer.json()["records"]]
    stack.eventually(lambda: len(stored_records(stack, user)) == len(ids))
    return ids


def downloaded(window: "Window", button: str) -> str:
    window.page.get_by_text("Download", exact=True).click()
    with window.page.expect_download() as download:
        window.page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_older_records_appear_while_scrolling(windows: "Windows", user: str, stack: "Stack") -> None:
    stored(stack, user, [record_with(f"record {number}") for number in range(350)])
    window = windows.signed_in(user)
    expect(window.rows.nth(99)).to_be_attached()

    for _ in range(4):
        window.page.mouse.wheel(0, 30_000)
        window.page.evaluate("() => new Promise(requestAnimationFrame)")
    window.page.locator(".end").scroll_into_view_if_needed()

    expect(window.page.locator(".end")).to_contain_text("These are all.")
    expect(window.rows).to_have_count(350)


def test_the_order_and_the_times_choose_what_is_shown(windows: "Windows", user: str, stack: "Stack") -> None:
    ids = [*stored(stack, user, [record_with("older")])]
    with stack.client(user, "data.read", "data.write") as client:
        ids.append(client.post("/data", json=record_with("newer")).json()["id"])
    window = windows.signed_in(user)
    expect(window.rows).to_have_count(2)
    expect(window.rows.first).to_contain_text("newer")

    window.page.get_by_label("Order").select_option("asc")
    expect(window.rows.first).to_contain_text("older")
    window.page.get_by_text("Filter", exact=True).click()
    window.page.get_by_label("Until").fill("2020-01-01T00:00:00")

    expect(window.page.locator(".empty")).to_contain_text("Change the filter")
    window.page.get_by_role("button", name="Clear").click()
    expect(window.rows).to_have_count(2)
    window.page.get_by_text("Filter", exact=True).click()
    window.page.get_by_label("Since").fill("2099-01-01T00:00:00")
    expect(window.page.locator(".empty")).to_contain_text("Change the filter")


def test_one_record_shows_its_fields_times_and_can_be_copied(windows: "Windows", user: str, stack: "Stack") -> None:
    [record_id] = stored(stack, user, [SAMPLE])
    window = windows.signed_in(user)
    window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.rows.first.get_by_role("link").click()

    expect(window.page.locator(".record .fields")).to_contain_text(SAMPLE[FIRST])
    expect(window.page.locator(".record .meta")).to_contain_text(re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"))
    clipboard = "() => navigator.clipboard.readText()"
    window.page.get_by_role("button", name="Copy JSON").click()
    expect(window.page.locator(".toast")).to_contain_text("Copied.")
    assert SAMPLE == json.loads(window.page.evaluate(clipboard))
    window.page.get_by_role("button", name="Copy as curl").click()
    expect(window.page.locator(".toast")).to_have_count(2)
    assert f"curl {stack.url}/data/{record_id}" in window.page.evaluate(clipboard)
    window.page.get_by_role("button", name="Copy link").click()
    expect(window.page.locator(".toast")).to_have_count(3)
    assert f"{stack.url}/#/records/{record_id}" == window.page.evaluate(clipboard)
    assert SAMPLE == json.loads(window.page.get_by_label("The record as JSON").inner_text())
    window.page.get_by_role("link", name="All records").click()
    expect(window.rows.first).to_be_visible()


def test_times_are_local_with_the_exact_utc_at_hand(windows: "Windows", user: str, stack: "Stack") -> None:
    stored(stack, user, [SAMPLE])
    with stack.client(user, "data.read") as client:
        created = client.get("/data").json()["records"][0]["createdAt"]
    local = datetime.fromisoformat(created).astimezone(ZoneInfo("Asia/Kathmandu"))  # 5:45 h ahead

    window = windows.signed_in(user, timezone_id="Asia/Kathmandu", locale="en-GB")

    shown = window.rows.first.locator("time")
    expect(shown).to_contain_text(f"{local:%H:%M:%S}")
    expect(shown).to_have_attribute("title", f"{created} (UTC)")
    window.rows.first.get_by_role("link").click()
    expect(window.page.locator(".meta")).to_contain_text(f"{local:%H:%M:%S}")
    expect(window.page.locator(".meta code")).to_have_text(created)


@pytest.mark.parametrize("route", ["#/records/" + "0" * 32, "#/records/nonsense"])
def test_a_link_to_no_record_of_the_user_says_so(windows: "Windows", user: str, route: str) -> None:
    window = windows.signed_in(user, route=route)
    expect(window.page.locator(".record")).to_contain_text("You have no record with this id.")


FULL_WIDTH_EQUALS = "\uff1d"
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    FULL_WIDTH_EQUALS + "1",
    '="a"',
    "plain, with comma",
    'a "quote"',
    "two\nlines",
]


def test_downloads_have_every_record_and_csv_has_no_formulas(windows: "Windows", user: str, stack: "Stack") -> None:
    records = [{FIRST: text, SECOND: str(number)} for number, text in enumerate(FORMULAS)]
    ids = stored(stack, user, records)
    window = windows.signed_in(user)
    expect(window.rows).to_have_count(len(records))

    lines = [json.loads(line) for line in downloaded(window, "As NDJSON").splitlines()]
    rows = list(csv.reader(downloaded(window, "As CSV").removeprefix("\ufeff").splitlines(keepends=True)))

    assert dict(zip(ids, records, strict=True)) == {line["id"]: line["data"] for line in lines}
    assert ["id", "createdAt", FIRST, SECOND, "other"] == rows[0]
    cells = {row[3]: row[2] for row in rows[1:]}
    assert [text.lstrip("'") for text in cells.values()] == [FORMULAS[int(number)] for number in cells]
    assert [] == [cell for cell in cells.values() if cell[0] in "=+-@\t" + FULL_WIDTH_EQUALS]


def test_a_download_of_many_pages_shows_its_progress(windows: "Windows", user: str, stack: "Stack") -> None:
    stored(stack, user, [record_with(f"record {number}") for number in range(600)])
    window = windows.signed_in(user)
    expect(window.page.locator(".end")).not_to_contain_text("Reading")
    window.page.get_by_text("Download", exact=True).click()
    with window.page.expect_download() as download, window.holding("**/data?*pageToken*"):
        window.page.get_by_role("button", name="As NDJSON").click()
        expect(window.page.locator(".toolbar")).to_contain_text("500 records read …")

    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert 600 == len({json.loads(line)["id"] for line in lines})
    expect(window.page.locator(".toast")).to_contain_text("600 records were downloaded.")
