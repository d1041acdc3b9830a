"""What a person needs of any page: large text, large screens, less motion, right to left, the keyboard alone."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, expect

from tests.support.records import REQUIRED, SAMPLE, record_with

if TYPE_CHECKING:
    from tests.support.browser.window import Window, Windows
    from tests.support.servers.local_stack import Stack

FIRST, SECOND = REQUIRED
ARABIC = "مرحبا بالعالم 12"
SIDEWAYS = "() => document.documentElement.scrollWidth - innerWidth"
# The texts that are cut off or stick out of their element.
CUT_OFF = """() => [...document.querySelectorAll("button, summary, label, h1, h2, p, option, .state, time")]
    .filter(element => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
    .filter(element => getComputedStyle(element).display !== "inline")
    .filter(element => !element.closest(".visually-hidden, .skip"))
    .map(element => element.textContent)"""
ANIMATED = """() => document.getAnimations()
    .map(animation => Number(animation.effect.getComputedTiming().duration)).filter(duration => duration > 10).length"""


def assert_fits(window: "Window", view: str) -> None:
    assert 0 >= window.page.evaluate(SIDEWAYS), f"{view} scrolls sideways"
    assert [] == window.page.evaluate(CUT_OFF), f"{view} has cut off texts"


@pytest.mark.parametrize(("width", "percent"), [(1280, 200), (640, 200), (3840, 100)])
def test_large_texts_and_large_screens_fit(windows: "Windows", user: str, width: int, percent: int) -> None:
    window = windows.open(viewport={"width": width, "height": 900})
    large = f"() => {{ document.documentElement.style.fontSize = '{percent}%' }}"
    window.page.evaluate(large)
    assert_fits(window, "sign-in")
    window.sign_in(user)
    window.page.evaluate(large)
    window.post(record_with("large"))
    expect(window.rows).to_have_count(1)
    window.rows.first.get_by_role("checkbox").check()
    window.page.get_by_text("Filter", exact=True).click()
    assert_fits(window, "the list")
    button = window.page.get_by_role("button", name="Post record").bounding_box()
    assert button is not None
    assert 0 <= button["x"] <= width - button["width"]
    window.page.get_by_text("Filter", exact=True).click()
    window.rows.first.get_by_role("link").click()
    expect(window.page.get_by_role("button", name="Copy JSON")).to_be_visible()
    assert_fits(window, "a record")


def test_less_motion_is_respected(windows: "Windows", new_user: Callable[[], str], stack: "Stack") -> None:
    assert is_arrival_animated(windows.signed_in(new_user(), reduced_motion="no-preference"), stack)
    assert not is_arrival_animated(windows.signed_in(new_user(), reduced_motion="reduce"), stack)


def is_arrival_animated(window: "Window", stack: "Stack") -> bool:
    """Whether anything moves while a record arrives."""
    stack.eventually(lambda: window.page.evaluate("1") and len(window.paths("/data/changes")) > 1)  # the feed waits
    count = f"() => {{ window.animated += ({ANIMATED})(); requestAnimationFrame(window.count); }}"
    window.page.evaluate(f"() => {{ window.animated = 0; window.count = {count}; window.count(); }}")
    window.post(SAMPLE)
    expect(window.page.locator(".row.arrived")).to_have_count(1)
    window.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return bool(window.page.evaluate("() => window.animated > 0"))


def direction(locator: Locator) -> str:
    return str(locator.evaluate("element => getComputedStyle(element).direction"))


def test_text_that_runs_right_to_left_does_so_alone(windows: "Windows", user: str) -> None:
    window = windows.signed_in(user)
    window.write({FIRST: ARABIC, SECOND: "latin"})
    assert ["rtl", "ltr"] == [direction(window.page.get_by_label(name)) for name in (FIRST, SECOND)]
    window.page.get_by_role("button", name="Post record").click()
    expect(window.rows).to_have_count(1)

    assert ["rtl", "ltr"] == [direction(window.rows.locator(".value").nth(index)) for index in range(2)]
    assert "ltr" == direction(window.rows.first)
    window.rows.first.get_by_role("link").click()
    values = window.page.locator(".record dd .value")
    expect(values).to_have_count(2)
    assert ["rtl", "ltr"] == [direction(values.nth(index)) for index in range(2)]


def test_the_keyboard_alone_signs_in_posts_opens_deletes_and_signs_out(
    windows: "Windows", user: str, stack: "Stack"
) -> None:
    window = windows.open()
    reach(window, window.page.get_by_role("button", name="Sign in"))
    window.page.keyboard.press("Enter")
    reach(window, window.page.get_by_label("User"))
    window.page.keyboard.press("ControlOrMeta+a")
    window.page.keyboard.type(user)
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("heading", name="New record")).to_be_visible()

    window.page.keyboard.press("Tab")
    expect(window.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    window.page.keyboard.press("Enter")
    expect(window.page.locator("#main")).to_be_focused()
    assert "#main" not in window.page.url
    for name, value in SAMPLE.items():
        reach(window, window.page.get_by_label(name))
        window.page.keyboard.type(value)
    reach(window, window.page.get_by_role("button", name="Post record"))
    window.page.keyboard.press("Enter")
    expect(window.rows).to_have_count(1)

    filter_menu = window.page.get_by_text("Filter", exact=True)
    reach(window, filter_menu)
    window.page.keyboard.press("Enter")
    reach(window, window.page.get_by_label("Since"))
    window.page.keyboard.press("Escape")
    expect(filter_menu).to_be_focused()
    expect(window.page.get_by_label("Since")).to_be_hidden()

    reach(window, window.rows.first.get_by_role("link"))
    window.page.keyboard.press("Enter")
    expect(window.page.locator(".record h1")).to_be_focused()
    reach(window, window.page.get_by_role("link", name="All records"))
    window.page.keyboard.press("Enter")
    reach(window, window.rows.first.get_by_role("checkbox"))
    window.page.keyboard.press("Space")
    reach(window, window.page.get_by_role("button", name="Delete 1"), "Shift+Tab")
    window.page.keyboard.press("Enter")
    expect(window.rows).to_have_count(0)
    reach(window, window.page.get_by_role("button", name="Undo"))
    window.page.keyboard.press("Enter")
    expect(window.rows).to_have_count(1)

    account = window.page.locator(".account summary")
    reach(window, account, "Shift+Tab")
    window.page.keyboard.press("Enter")
    reach(window, window.page.get_by_role("button", name="Sign out"))
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert stack.url in window.page.url


def reach(window: "Window", target: Locator, key: str = "Tab") -> None:
    """Presses the key until the target has the focus, which has to be visible."""
    expect(target).to_be_visible()
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            style = "element => { const style = getComputedStyle(element); return style.outlineStyle; }"
            assert "none" != target.evaluate(style), "the focus cannot be seen"
            return
        window.page.keyboard.press(key)
    pytest.fail(f"{key} does not reach {target}")
