"""Everything that can be away or broken: the page says so, and nothing typed or sent is lost or doubled."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import stored_records
from tests.support.records import SAMPLE, record_with, text_of

if TYPE_CHECKING:
    from tests.support.browser.window import Windows
    from tests.support.servers.local_stack import Stack


def stored_texts(stack: "Stack", user: str) -> list[str]:
    return sorted(text_of(record["data"]) for record in stored_records(stack, user))


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_functions_killed_meanwhile_lose_and_double_nothing(windows: "Windows", user: str, stack: "Stack") -> None:
    window = windows.signed_in(user)
    expect(window.page.locator(".empty")).to_be_visible()
    texts = []
    for part in ("web", "generate", "persist", "present", "delete"):
        os.kill(int(stack.part(part)["pid"]), signal.SIGKILL)
        texts.append(f"while {part} is down")
        window.post(record_with(texts[-1]))
    for text in texts:
        expect(window.row(text)).to_have_count(1, timeout=30_000)

    assert sorted(texts) == stored_texts(stack, user)
    expect(window.rows).to_have_count(len(texts))


def test_the_api_stopped_for_20_seconds_loses_and_doubles_nothing(
    windows: "Windows", user: str, stack: "Stack"
) -> None:
    window = windows.open()
    window.page.clock.install(time=time.time())
    window.page.reload()
    window.sign_in(user)
    expect(window.page.locator(".empty")).to_be_visible()
    window.page.route("**/data**", lambda route: route.abort("connectionrefused"))
    window.post(record_with("sent meanwhile"))
    window.write(SAMPLE)
    expect(window.page.locator("#notices")).to_contain_text("The API cannot be reached. Nothing is lost.")
    for _ in range(10):
        window.page.clock.run_for(2_000)
    expect(window.sent.first).to_contain_text("Sending")
    window.page.reload()  # what is under way survives this, too
    expect(window.sent.first).to_contain_text("Sending")

    window.page.unroute("**/data**")
    for _ in range(10):
        window.page.clock.run_for(2_000)

    expect(window.row("sent meanwhile")).to_have_count(1)
    expect(window.page.locator("#notices")).to_be_empty()
    for name, value in SAMPLE.items():
        expect(window.page.get_by_label(name)).to_have_value(value)
    assert ["sent meanwhile"] == stored_texts(stack, user)
    posts = [request for request in window.requests if (request.method, request.url) == ("POST", f"{stack.url}/data")]
    assert len(posts) > 1
    assert 1 == len({request.headers["idempotency-key"] for request in posts})


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(
    windows: "Windows", user: str, stack: "Stack"
) -> None:
    window = windows.signed_in(user)
    keys: list[str] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        answer = route.fetch()
        if len(keys) == 1:
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    window.page.route("**/data", lose_the_first)
    window.post(record_with("once"))
    expect(window.sent.first).to_contain_text("Stored after")

    assert (2, 1) == (len(keys), len(set(keys)))
    assert ["once"] == stored_texts(stack, user)


def test_a_frozen_gateway_shows_the_fault_and_then_goes_on(windows: "Windows", user: str, stack: "Stack") -> None:
    window = windows.signed_in(user)
    expect(window.page.locator(".empty")).to_be_visible()
    with stopped(int(stack.part("gateway")["pid"])):
        window.post(record_with("frozen"))
        expect(window.sent.first).to_contain_text("Sending")

    expect(window.row("frozen")).to_have_count(1, timeout=30_000)
    assert ["frozen"] == stored_texts(stack, user)


def test_offline_is_said_and_what_was_sent_goes_out_afterwards(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)
    expect(window.page.locator(".empty")).to_be_visible()
    window.page.context.set_offline(True)
    window.post(record_with("sent offline"))
    expect(window.page.locator("#notices")).to_contain_text("You are offline.")
    expect(window.sent.first).to_contain_text("Sending")

    window.page.context.set_offline(False)

    expect(window.row("sent offline")).to_have_count(1)
    expect(window.page.locator("#notices")).to_be_empty()


def test_an_expired_token_keeps_what_was_sent_until_the_person_signs_in_again(
    windows: "Windows", user: str, stack: "Stack"
) -> None:
    window = windows.signed_in(user)
    expect(window.page.locator(".empty")).to_be_visible()
    expired: Any = {"code": 401, "message": "Jwt is expired"}
    window.page.route("**/data**", lambda route: route.fulfill(status=401, json=expired))
    window.post(record_with("after the expiry"))
    window.write(SAMPLE)
    banner = window.page.locator("#notices")
    expect(banner).to_contain_text("Your sign-in has expired.")
    window.page.unroute("**/data**")

    with window.page.context.expect_page() as opened:
        banner.get_by_role("button", name="Sign in").click()
    opened.value.get_by_role("button", name="Sign in").click()
    opened.value.get_by_label("User").fill(user)
    opened.value.get_by_role("button", name="Sign in").click()

    expect(window.row("after the expiry")).to_have_count(1)
    for name, value in SAMPLE.items():
        expect(window.page.get_by_label(name)).to_have_value(value)
    assert ["after the expiry"] == stored_texts(stack, user)


@pytest.mark.parametrize(
    ("status", "said"),
    [(429, "You have sent too much in a short time."), (503, "The API is temporarily unavailable.")],
)
def test_a_rate_limit_and_an_overload_are_said_and_waited_for(
    windows: "Windows", user: str, status: int, said: str
) -> None:
    window = windows.signed_in(user)
    window.page.clock.install(time=time.time())
    refusal: Any = {"code": status, "message": "Later."}
    headers = {"retry-after": "7", "content-type": "application/json"}
    window.page.route("**/data", lambda route: route.fulfill(status=status, json=refusal, headers=headers))
    window.post(SAMPLE)
    expect(window.page.locator("#notices")).to_contain_text(f"{said}")
    expect(window.page.locator("#notices")).to_contain_text("Trying again in 7 s.")
    window.page.unroute("**/data")

    window.page.clock.run_for(7_100)

    expect(window.sent.first).to_contain_text("Stored after")


def test_a_newer_release_is_announced_and_nothing_is_lost(windows: "Windows", user: str) -> None:
    window = windows.open()
    window.page.clock.install(time=time.time())
    window.page.reload()
    window.sign_in(user)
    window.write(SAMPLE)
    window.page.route("**/app/config.json", lambda route: route.fulfill(json={"release": "0" * 16}))

    window.page.clock.run_for(10 * 60_000)

    expect(window.page.locator("#notices")).to_contain_text("A newer version of this page is available.")
    for name, value in SAMPLE.items():
        expect(window.page.get_by_label(name)).to_have_value(value)
