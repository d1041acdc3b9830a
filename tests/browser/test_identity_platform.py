"""Sign-in through Identity Platform: the exchange, renewal in silence, roles from custom claims, and the sign-out.

Its stack has a quota, too, so that the gateway accepts no call of the page without an API key.
"""

import json
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser.window import Window, Windows
from tests.support.javascript import CHROMIUM
from tests.support.records import SAMPLE
from tests.support.servers.identity_platform import (
    API_KEY,
    SIGN_IN,
    TOKEN,
    IdentityPlatform,
    serving_identity_platform,
)
from tests.support.servers.local_stack import Stack, started_stacks

KEPT = "() => JSON.stringify([{...sessionStorage}, {...localStorage}, location.href])"
ALMOST_AN_HOUR = "56:00"
BOTH = ["data.read", "data.write"]


@pytest.fixture(scope="module")
def with_platform(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    assert browser.is_connected()
    with started_stacks(tmp_path_factory.mktemp("stack")) as start:
        stack = start(IDENTITY_PLATFORM_KEY=API_KEY, DATA_API_QUOTA_PER_MINUTE="100000")
        stack.wait_until_up()
        yield stack


@pytest.fixture(scope="module")
def platform(with_platform: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityPlatform]:
    folder = tmp_path_factory.mktemp("certificate")
    with serving_identity_platform(with_platform.home / "signing-key.pem", folder) as result:
        yield result


@pytest.fixture(scope="module")
def chromium(browser: Browser, platform: IdentityPlatform) -> Iterator[Browser]:
    """A browser for which Google's hosts are the imitation."""
    result = browser.browser_type.launch(executable_path=CHROMIUM, args=[platform.resolver_rules])
    yield result
    result.close()


@pytest.fixture
def window(chromium: Browser, with_platform: Stack, platform: IdentityPlatform) -> Iterator[Window]:
    """Signed out, with a clock that the test can move on."""
    platform.calls.clear()
    platform.faults.clear()
    windows = Windows(chromium, with_platform)
    result = windows.open(ignore_https_errors=True)
    result.page.clock.install(time=time.time())
    result.page.reload()
    yield result
    windows.close()


def grant(platform: IdentityPlatform, user: str, *roles: str) -> None:
    platform.claims[f"{user}@example.com"] = {"Role": [*roles]}


def roles_of(window: Window) -> list[str]:
    """Those that the page says the user has."""
    return window.page.locator(".account .role:not(.missing) code").all_text_contents()


def issuer_of_last_token(window: Window) -> str:
    tokens = [request.headers["authorization"] for request in window.requests if "authorization" in request.headers]
    claims = window.page.evaluate(
        "token => JSON.parse(atob(token.replaceAll('-', '+').replaceAll('_', '/')))", tokens[-1].split(".")[1]
    )
    return str(claims["iss"])


def test_the_roles_are_those_of_identity_platform_and_change_with_the_next_token(
    window: Window, platform: IdentityPlatform, user: str
) -> None:
    grant(platform, user, "data.write")
    window.sign_in(user)  # Google's token has both roles
    expect(window.page.locator("#notices")).to_contain_text("You lack the role data.read.")
    assert ["data.write"] == roles_of(window)
    assert issuer_of_last_token(window).startswith("https://securetoken.google.com/")
    window.post(SAMPLE)
    expect(window.sent.first).to_contain_text("Accepted.")
    window.write(SAMPLE)
    grant(platform, user, *BOTH)

    window.page.clock.fast_forward(ALMOST_AN_HOUR)

    expect(window.page.locator("#notices")).to_be_empty()
    assert BOTH == roles_of(window)
    assert [SIGN_IN, TOKEN] == platform.calls
    assert [] == window.paths("prompt=none")
    for name, value in SAMPLE.items():
        expect(window.page.get_by_label(name)).to_have_value(value)
    assert [] == window.problems


def test_a_renewal_that_finds_no_answer_is_tried_again(window: Window, platform: IdentityPlatform, user: str) -> None:
    grant(platform, user, *BOTH)
    window.sign_in(user)
    platform.faults.append(503)

    window.page.clock.fast_forward(ALMOST_AN_HOUR)
    with window.page.expect_response(lambda response: response.url.endswith(f"{TOKEN}?key={API_KEY}") and response.ok):
        window.page.clock.run_for(6_000)

    assert [SIGN_IN, TOKEN, TOKEN] == platform.calls
    assert [] == window.paths("prompt=none")


def test_a_rejected_renewal_signs_in_anew_in_silence(window: Window, platform: IdentityPlatform, user: str) -> None:
    grant(platform, user, *BOTH)
    window.sign_in(user)
    platform.refresh_tokens.clear()

    with window.page.expect_request(lambda request: "prompt=none" in request.url):
        window.page.clock.fast_forward(ALMOST_AN_HOUR)
        window.page.clock.run_for(6_000)
    expect(window.page.get_by_role("heading", name="New record")).to_be_visible()

    assert [SIGN_IN, TOKEN, SIGN_IN] == platform.calls


def test_the_sign_out_forgets_the_refresh_token_which_was_kept_nowhere(
    window: Window, platform: IdentityPlatform, user: str
) -> None:
    grant(platform, user, *BOTH)
    window.sign_in(user)
    [token] = [token for token, email in platform.refresh_tokens.items() if email == f"{user}@example.com"]
    assert token not in window.page.evaluate(KEPT)
    window.page.locator(".account summary").click()
    window.page.get_by_role("button", name="Sign out").click()

    window.page.clock.fast_forward(ALMOST_AN_HOUR)
    window.page.reload()

    expect(window.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert [{}, {}] == json.loads(window.page.evaluate(KEPT))[:2]
    assert [SIGN_IN] == platform.calls


def test_where_calls_need_an_api_key_the_page_sends_it_beside_the_token(
    window: Window, platform: IdentityPlatform, user: str
) -> None:
    grant(platform, user, *BOTH)
    window.sign_in(user)
    window.post(SAMPLE)
    expect(window.sent.first).to_contain_text("Stored after")

    headers = [request.headers for request in window.requests]
    assert {"local-page"} == {fields.get("x-api-key") for fields in headers if "authorization" in fields}
    assert [] == [fields for fields in headers if "x-api-key" in fields and "authorization" not in fields]


def test_a_rejected_exchange_is_said(window: Window, platform: IdentityPlatform, user: str) -> None:
    platform.faults.append(400)
    window.page.get_by_role("button", name="Sign in").click()
    window.choose(user)

    expect(window.page.get_by_role("alert")).to_contain_text("Identity Platform did not sign you in: UNAVAILABLE.")
    expect(window.page.get_by_role("button", name="Sign in")).to_be_visible()
