"""`make pictures`: takes the pictures of the page that README.md shows, from a local stack that it starts and stops."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.browser.window import Windows
from tests.support.javascript import CHROMIUM
from tests.support.records import record_with
from tests.support.servers.local_stack import Stack, started_stacks

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"
TEXTS = ("Temperature 21.4 °C", "Door opened", "Grüße aus Wien", "مرحبا بالعالم", "Humidity 43 %", "Ready")


def main() -> None:
    """Writes page-light.png and page-dark.png."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        started_stacks(Path(folder)) as start,
        sync_playwright() as playwright,
    ):
        stack = start()
        stack.wait_until_up()
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for scheme in ("light", "dark"):
            _take(browser, stack, scheme)
        browser.close()


def _take(browser: Browser, stack: Stack, scheme: str) -> None:
    with stack.client("ada", "data.read", "data.write") as client:
        for record in client.get("/data").json()["records"]:
            client.delete(f"/data/{record['id']}")
        for text in TEXTS:
            client.post("/data", json=record_with(text))
    windows = Windows(browser, stack)
    window = windows.signed_in("ada", color_scheme=scheme, viewport={"width": 1200, "height": 700})
    for number in range(2):
        window.post(record_with(f"Posted here {number + 1}"))
        expect(window.sent.first).to_contain_text("Stored after")
    window.write(record_with("Being written"))
    expect(window.rows).to_have_count(len(TEXTS) + 2)
    window.page.locator("#composer-title").click()
    window.page.evaluate("() => Promise.all(document.getAnimations().map(animation => animation.finished))")
    window.page.screenshot(path=FOLDER / f"page-{scheme}.png")
    windows.close()


if __name__ == "__main__":
    main()
