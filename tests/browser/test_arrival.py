"""Records that arrive by themselves, and for whom."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import Route, expect

from tests.support.records import SAMPLE, record_with

if TYPE_CHECKING:
    from tests.support.browser.window import Windows
    from tests.support.servers.local_stack import Stack

SOON = 2_000  # milliseconds


def test_two_windows_of_one_user_show_each_others_records_within_two_seconds(windows: "Windows", user: str) -> None:
    one, other = windows.signed_in(user), windows.signed_in(user)
    for sender, receiver, text in ((one, other, "from one"), (other, one, "from the other")):
        expect(receiver.page.locator(".end")).not_to_contain_text("Reading")
        sender.post(record_with(text))
        expect(sender.sent.first).to_contain_text("Stored after")
        expect(receiver.row(text)).to_have_count(1, timeout=SOON)
    expect(other.page.locator("#announcer")).not_to_be_empty()


def test_two_users_never_see_each_others_records(windows: "Windows", new_user: Callable[[], str]) -> None:
    ada, eve = windows.signed_in(new_user()), windows.signed_in(new_user())
    ada.post(record_with("of ada"))
    expect(ada.row("of ada")).to_have_count(1)
    eve.post(record_with("of eve"))
    expect(eve.row("of eve")).to_have_count(1)

    expect(eve.rows).to_have_count(1)
    expect(ada.rows).to_have_count(1)
    ada.page.reload()
    expect(ada.row("of ada")).to_have_count(1)
    expect(ada.rows).to_have_count(1)


def test_what_another_program_posts_and_deletes_appears_and_goes(windows: "Windows", user: str, stack: "Stack") -> None:
    window = windows.signed_in(user)
    expect(window.page.locator(".empty")).to_be_visible()
    with stack.client(user, "data.read", "data.write") as client:
        record_id = client.post("/data", json=SAMPLE).json()["id"]
        expect(window.rows).to_have_count(1)
        assert 204 == client.delete(f"/data/{record_id}").status_code

    expect(window.rows).to_have_count(0)


def test_one_tab_asks_the_api_for_all_and_every_tab_shows_what_arrives(windows: "Windows", user: str) -> None:
    profile = windows.profile()
    first = windows.open(profile=profile)
    first.sign_in(user)
    expect(first.page.locator(".empty")).to_be_visible()
    second = windows.open(profile=profile)
    expect(second.page.locator(".empty")).to_be_visible()

    second.post(SAMPLE)

    expect(first.rows).to_have_count(1)
    expect(second.rows).to_have_count(1)
    assert first.paths("/data/changes")
    assert [] == second.paths("/data/changes")


def test_after_a_cursor_that_is_too_old_the_page_follows_again(windows: "Windows", user: str, stack: "Stack") -> None:
    window = windows.open()
    expired: list[str] = []

    def expire_the_first(route: Route) -> None:
        if expired or "cursor=latest" in route.request.url:
            route.continue_()
        else:
            expired.append(route.request.url)
            route.fulfill(status=410, json={"code": 410, "message": "This cursor is too old."})

    window.page.route("**/data/changes?**", expire_the_first)
    window.sign_in(user)
    stack.eventually(lambda: bool(window.page.evaluate("true") and expired))
    with stack.client(user, "data.read", "data.write") as client:
        client.post("/data", json=SAMPLE).raise_for_status()

    expect(window.rows).to_have_count(1)


def test_a_hidden_tab_stops_asking_and_goes_on_where_it_was(windows: "Windows", user: str, stack: "Stack") -> None:
    window = windows.signed_in(user)
    expect(window.page.locator(".empty")).to_be_visible()
    hide = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden !== "", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with window.page.expect_event("requestfailed", lambda request: "/data/changes" in request.url):
        window.page.evaluate(hide, "hidden")
    asked = len(window.paths("/data/changes"))
    with stack.client(user, "data.read", "data.write") as client:
        record_id = client.post("/data", json=SAMPLE).json()["id"]
        assert 200 == client.get(f"/data/{record_id}", headers={"prefer": "wait=10"}).status_code
    assert asked == len(window.paths("/data/changes"))

    window.page.evaluate(hide, "")

    expect(window.rows).to_have_count(1)
