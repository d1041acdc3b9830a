"""The page in a second engine, where Firefox is installed."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.firefox import FIREFOX, firefox
from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack

ROW = "document.querySelector('.rows .row')"


@pytest.mark.skipif(FIREFOX is None, reason="Firefox is not installed: apt-get install firefox-esr")
def test_in_firefox_a_person_signs_in_posts_sees_the_record_arrive_and_deletes_it(
    stack: "Stack", user: str, tmp_path: Path
) -> None:
    with firefox(tmp_path) as tab:
        tab.open(f"{stack.url}/")
        tab.click("button", "Sign in")
        tab.fill("#user", user)
        tab.click("button", "Sign in")
        for number, value in enumerate(SAMPLE.values()):
            tab.fill(f"#field-{number}", value)
        tab.click("button", "Post record")
        tab.until("() => document.querySelector('.sent')?.innerText.includes('Stored after')")
        assert next(iter(SAMPLE.values())) in tab.until(f"() => {ROW}?.innerText")

        tab.click(".rows .row input")
        tab.click("button", "Delete 1")
        tab.until(f"() => {ROW} === null")
        tab.until("() => document.querySelectorAll('.toast').length === 0")  # nothing can be undone any more

        with stack.client(user, "data.read") as client:
            stack.eventually(lambda: client.get("/data").json()["records"] == [])
