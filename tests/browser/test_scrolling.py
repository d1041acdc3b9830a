"""Long lists: what the browser does while somebody scrolls, and what arrivals do to the rows."""

import json
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.support.browser import scrolling
from tests.support.records import record_with

if TYPE_CHECKING:
    from tests.support.browser.window import Windows
    from tests.support.servers.local_stack import Stack


def test_scrolling_through_10000_records_is_no_more_work_a_frame_than_through_1000(
    windows: "Windows", user: str
) -> None:
    work = {}
    for size in (1_000, 10_000):
        window = windows.open()
        scrolling.fulfil_list(window.page, size)
        window.sign_in(user)
        work[size] = scrolling.measure(window.page, size).work

    assert work[10_000] < 3 * work[1_000]


def test_arrivals_keep_the_groups_of_rows_small_and_the_focus_where_it_is(
    windows: "Windows", user: str, stack: "Stack"
) -> None:
    window = windows.signed_in(user)
    window.post(record_with("the first"))
    expect(window.rows).to_have_count(1)
    window.rows.first.get_by_role("checkbox").focus()
    bodies = ["".join(json.dumps(record_with(f"{part}-{number}")) + "\n" for number in range(40)) for part in range(3)]
    with stack.client(user, "data.write") as client:
        for count, body in enumerate(bodies, 1):
            client.post("/data", content=body, headers={"content-type": "application/x-ndjson"})
            expect(window.rows).to_have_count(1 + 40 * count)

    expect(window.row("the first").get_by_role("checkbox")).to_be_focused()
    times = window.rows.locator("time").evaluate_all("all => all.map(time => time.dateTime)")
    assert sorted(times, reverse=True) == times
    sizes = window.page.locator(".rows .group").evaluate_all("groups => groups.map(group => group.childElementCount)")
    assert max(sizes) <= 50
    assert len(sizes) >= 4
