"""Files of records: progress, what failed, the same file again."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import stored_records
from tests.support.records import REQUIRED, record_with

if TYPE_CHECKING:
    from tests.support.browser.window import Window, Windows
    from tests.support.servers.local_stack import Stack


def choose(window: "Window", file: Path) -> None:
    window.page.get_by_role("button", name="File", exact=True).click()
    window.page.get_by_label("Choose a file").set_input_files(file)


def test_a_file_is_sent_once_however_often_it_is_chosen(
    windows: "Windows", user: str, stack: "Stack", tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text("".join(json.dumps(record_with(f"record {number // 2}")) + "\n" for number in range(300)))
    window = windows.signed_in(user)

    for _ in range(2):
        choose(window, file)
        expect(window.page.locator(".upload-status")).to_contain_text("done: 300 accepted")
    window.page.get_by_role("button", name="Form", exact=True).click()
    window.post(record_with("the last"))
    expect(window.row("the last")).to_have_count(1)

    stack.eventually(lambda: len(stored_records(stack, user)) == 301)


def test_lines_that_fail_are_named_and_the_others_are_sent(
    windows: "Windows", user: str, stack: "Stack", tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    good, deep = json.dumps(record_with("good")), '{"a":' * 100 + "1" + "}" * 100
    lone = json.dumps(dict.fromkeys(REQUIRED, chr(0xD800)))  # only the API rejects it
    lines = [good, "{}", "not json", good, lone, deep, good]
    file.write_text("\n".join(lines))
    window = windows.signed_in(user)

    choose(window, file)

    status = window.page.locator(".upload-status")
    expect(status).to_contain_text("done: 3 accepted, 4 failed")
    failed = [line.split(":")[0] for line in status.locator("li").all_inner_texts()]
    assert ["Line 2", "Line 3", "Line 5", "Line 6"] == sorted(failed)
    with window.page.expect_download() as download:
        status.get_by_role("button", name="Download these lines").click()
    assert 4 == len(Path(download.value.path()).read_text().splitlines())
    stack.eventually(lambda: len(stored_records(stack, user)) == 3)


def test_a_json_array_is_sent_and_a_pause_holds_it(
    windows: "Windows", user: str, stack: "Stack", tmp_path: Path
) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps([record_with(f"record {number}") for number in range(1_500)]))
    window = windows.signed_in(user)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    window.page.route("**/data", hold)
    choose(window, file)
    status = window.page.locator(".upload-status")
    status.get_by_role("button", name="Pause").click()
    expect(status).to_contain_text("paused")
    stack.eventually(lambda: window.page.evaluate("1") and held)
    held.pop().continue_()
    expect(status).to_contain_text("paused: 1,000 accepted")
    assert status.locator("progress").evaluate("bar => bar.value / bar.max") == pytest.approx(2 / 3, abs=0.05)
    assert [] == held

    window.page.unroute("**/data")
    status.get_by_role("button", name="Resume").click()

    expect(status).to_contain_text("done: 1,500 accepted")
    bodies = [str(request.post_data) for request in window.requests if request.url.endswith("/data")]
    assert [1_000, 500] == [len(body.splitlines()) for body in bodies]


def test_a_dropped_file_is_sent(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)
    window.page.get_by_role("button", name="File", exact=True).click()
    file = window.page.evaluate_handle(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.ndjson"));
            return data;
        }""",
        json.dumps(record_with("dropped")),
    )

    window.page.dispatch_event(".upload .drop", "drop", {"dataTransfer": file})

    expect(window.page.locator(".upload-status")).to_contain_text("dropped.ndjson done: 1 accepted")
    expect(window.row("dropped")).to_have_count(1)


def test_a_file_that_was_stopped_goes_on_when_it_is_chosen_again(
    windows: "Windows", user: str, stack: "Stack", tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text("".join(json.dumps(record_with(f"record {number}")) + "\n" for number in range(1_200)))
    window = windows.signed_in(user)
    held: list[Route] = []

    def hold_the_second(route: Route) -> None:
        if len(str(route.request.post_data).splitlines()) < 1_000:
            held.append(route)
        else:
            route.continue_()

    window.page.route("**/data", hold_the_second)
    choose(window, file)
    status = window.page.locator(".upload-status")
    expect(status).to_contain_text("sending: 1,000 accepted")
    stack.eventually(lambda: window.page.evaluate("1") and held)
    status.get_by_role("button", name="Stop").click()
    expect(status).to_contain_text("stopped: 1,000 accepted")
    expect(status).to_contain_text("Choose the same file again to go on")
    window.page.unroute("**/data")

    choose(window, file)

    expect(status).to_contain_text("done: 1,200 accepted")
    expect(window.rows.first).to_be_visible()
    stack.eventually(lambda: len(stored_records(stack, user)) == 1_200)
