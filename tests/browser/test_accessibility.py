"""For everyone: axe in every view, dark and light; narrow windows; the size of the page."""

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no stubs
from playwright.sync_api import expect

from tests.browser.conftest import POISON
from tests.support.records import REQUIRED, SAMPLE

if TYPE_CHECKING:
    from tests.support.browser.window import Window, Windows

WEB = Path(__file__).parents[2] / "web"
FIRST, SECOND = REQUIRED
SIDEWAYS = "() => document.documentElement.scrollWidth - innerWidth"
MOST_BYTES = 60 * 1024
WITH_ALL_OF_WCAG_2_2_AA = {"rules": {"target-size": {"enabled": True}}}  # the only one that axe leaves out by default


def assert_accessible(window: "Window", view: str) -> None:
    result = Axe().run(window.page, options=WITH_ALL_OF_WCAG_2_2_AA)
    assert 0 == result.violations_count, f"{view}\n{result.generate_report()}"
    assert 0 >= window.page.evaluate(SIDEWAYS), f"{view} scrolls sideways"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_in_any_view_and_none_scrolls_sideways(
    windows: "Windows", user: str, scheme: str, width: int
) -> None:
    options: dict[str, Any] = {"color_scheme": scheme, "reduced_motion": "reduce"}
    window = windows.open(**options, viewport={"width": width, "height": 640})
    expect(window.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert_accessible(window, "sign-in")
    window.sign_in(user, "data.write")
    expect(window.page.locator("#notices")).to_contain_text("data.read")
    assert_accessible(window, "a missing role")
    window.page.locator(".account summary").click()
    window.page.get_by_role("button", name="Sign out").click()
    window.sign_in(user)
    expect(window.page.locator(".empty")).to_be_visible()
    assert_accessible(window, "no records")
    window.post({FIRST: "x" * 500, SECOND: "مرحبا " * 40})
    expect(window.rows).to_have_count(1)
    window.post({FIRST: "", SECOND: POISON})
    window.page.get_by_text("Filter", exact=True).click()
    assert_accessible(window, "the list, problems and the filter")
    window.page.get_by_text("Filter", exact=True).click()
    window.page.locator(".account summary").click()
    window.page.get_by_role("checkbox").first.check()
    assert_accessible(window, "the account and a selection")
    for mode in ("JSON", "File"):
        window.page.get_by_role("button", name=mode, exact=True).click()
        assert_accessible(window, mode)
    window.page.get_by_label("Choose a file").set_input_files(
        {"name": "x" * 80, "mimeType": "application/json", "buffer": b"{}\n" + json.dumps(SAMPLE).encode()}
    )
    expect(window.page.locator(".upload-status")).to_contain_text("done: 1 accepted, 1 failed")
    assert_accessible(window, "an upload")
    window.rows.last.get_by_role("link").click()
    expect(window.page.get_by_role("button", name="Copy JSON")).to_be_visible()
    assert_accessible(window, "a record")
    window.page.get_by_role("button", name="Delete").click()
    expect(window.page.locator(".toast").last).to_be_visible()
    assert_accessible(window, "undo")
    assert [] == window.problems


def test_the_page_is_small_and_asks_nobody_else(windows: "Windows", user: str) -> None:
    files = [path for path in WEB.rglob("*") if path.is_file() and path.name != "tsconfig.json"]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= MOST_BYTES
    window = windows.signed_in(user)
    hosts = {request.url.split("/")[2].rsplit(":", 1)[0] for request in window.requests}
    assert {"127.0.0.1"} == hosts
