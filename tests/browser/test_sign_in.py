"""Signing in and out, the roles, and where the token is not."""

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from tests.support.browser.window import Windows
    from tests.support.servers.local_stack import Stack

STORED = "() => JSON.stringify([{...sessionStorage}, {...localStorage}, location.href, history.length])"


def test_a_person_signs_in_sees_who_they_are_and_signs_out(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)
    window.page.locator(".account summary").click()
    menu = window.page.locator(".account .menu")
    expect(menu).to_contain_text(f"{user}@example.com")
    expect(menu.locator(".role:not(.missing)")).to_have_count(2)

    window.write(SAMPLE)
    menu.get_by_role("button", name="Sign out").click()

    expect(window.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert [{}, {}] == json.loads(window.page.evaluate(STORED))[:2]
    window.page.reload()
    expect(window.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert [] == window.problems


def test_the_token_is_in_no_address_and_in_no_storage(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)
    window.post(SAMPLE)
    expect(window.sent.first).to_contain_text("Stored after")

    headers = [request.headers for request in window.requests]
    [token] = {fields["authorization"].split()[1] for fields in headers if "authorization" in fields}
    kept = window.page.evaluate(STORED)

    assert token.count(".") == 2
    assert token not in kept
    assert token.split(".")[2] not in kept
    window.page.go_back()
    assert "id_token=" not in window.page.url


def test_a_missing_role_is_named(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user, "data.write")

    expect(window.page.locator("#notices")).to_contain_text("You lack the role data.read. Ask the operator")
    expect(window.page.locator(".list .problem")).to_contain_text("data.read")
    expect(window.page.locator(".account .role.missing")).to_contain_text("data.read")
    window.post(SAMPLE)
    expect(window.sent.first).to_contain_text("Accepted. You lack the role data.read.")


def test_a_link_to_a_record_survives_the_sign_in_and_a_reload(windows: "Windows", user: str, stack: "Stack") -> None:
    with stack.client(user, "data.read", "data.write") as client:
        record_id = client.post("/data", json=SAMPLE).json()["id"]

    window = windows.signed_in(user, route=f"#/records/{record_id}")
    expect(window.page.locator(".record .fields")).to_contain_text(next(iter(SAMPLE.values())))
    window.page.reload()

    expect(window.page.locator(".record .fields")).to_contain_text(next(iter(SAMPLE.values())))
    assert window.page.url.endswith(f"/#/records/{record_id}")


def test_an_answer_that_this_tab_has_not_asked_for_is_rejected(windows: "Windows", user: str, stack: "Stack") -> None:
    window = windows.open(f"#id_token={stack.token(user, 'data.read')}&state=forged")

    expect(window.page.get_by_role("alert")).to_contain_text("not asked for by this tab")
    assert "id_token" not in window.page.url


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"nonce": "another"}, "does not belong to this sign-in"), ({"state": "another"}, "not asked for by this tab")],
)
def test_an_answer_to_another_sign_in_is_rejected(
    windows: "Windows", user: str, stack: "Stack", changed: dict[str, str], said: str
) -> None:
    window = windows.open()
    window.page.get_by_role("button", name="Sign in").click()
    expect(window.page.get_by_label("User")).to_be_visible()
    asked = {**dict(parse_qsl(urlsplit(window.page.url).query)), **changed}
    token = stack.token(user, "data.read", claims={"nonce": asked["nonce"]})

    window.page.goto(f"{stack.url}/#id_token={token}&state={asked['state']}")

    expect(window.page.get_by_role("alert")).to_contain_text(said)
    assert "id_token" not in window.page.url


def test_a_sign_in_that_is_not_allowed_is_said(windows: "Windows") -> None:
    window = windows.open()
    window.page.get_by_role("button", name="Sign in").click()
    window.page.get_by_role("button", name="Cancel").click()

    expect(window.page.get_by_role("alert")).to_contain_text("You did not allow the sign-in.")


def test_the_page_is_not_left_while_somebody_types(windows: "Windows", user: str) -> None:
    window, start = windows.open(), time.time()
    window.page.clock.install(time=start)
    window.page.reload()
    window.sign_in(user)
    expect(window.page.locator(".empty")).to_be_visible()
    window.page.clock.pause_at(start + 54 * 60)  # the token is renewed an hour after the sign-in but for 5 minutes
    for _ in range(40):
        window.page.get_by_label(next(iter(SAMPLE))).fill("typing")
        window.page.clock.run_for(4_000)
    assert [] == window.paths("prompt=none")

    with window.page.expect_request(lambda request: "prompt=none" in request.url):
        window.page.clock.run_for(20_000)


def test_the_token_is_renewed_before_it_expires_and_what_is_typed_stays(windows: "Windows", user: str) -> None:
    window = windows.open()
    window.page.clock.install(time=time.time())
    window.page.reload()
    window.sign_in(user)
    window.write(SAMPLE)

    with window.page.expect_request(lambda request: "prompt=none" in request.url):
        window.page.clock.fast_forward("56:00")
    expect(window.page.get_by_role("heading", name="New record")).to_be_visible()

    for name, value in SAMPLE.items():
        expect(window.page.get_by_label(name)).to_have_value(value)
    assert [] == window.problems


def test_a_second_tab_needs_no_second_sign_in(windows: "Windows", user: str) -> None:
    profile = windows.profile()
    windows.open(profile=profile).sign_in(user)
    second = windows.open(profile=profile)

    expect(second.page.get_by_role("heading", name="New record")).to_be_visible()
    second.page.locator(".account summary").click()
    second.page.get_by_role("button", name="Sign out").click()
    for page in profile.pages:
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
