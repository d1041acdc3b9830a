"""Measures how smoothly the list scrolls, for docs/performance.md: `python -m tests.support.browser.scrolling`.

The API's pages of the list are made here, since the emulator would take minutes to store the records; all else is the
page of a local stack.
"""

import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, expect, sync_playwright

from tests.support.browser.window import Windows
from tests.support.javascript import CHROMIUM
from tests.support.records import record_with
from tests.support.servers.local_stack import started_stacks

SIZES = (1_000, 10_000)
STEPS = 120  # frames
PIXELS = 400  # a step, one each frame: a fast scroll, half a window
LATE = 2_000 / 60  # milliseconds after the frame before: one frame was left out
SCROLL = """async ([steps, pixels]) => {
    const frame = () => new Promise(requestAnimationFrame);
    const gaps = [];
    let before = await frame();
    for (let step = 1; step <= steps; step += 1) {
        scrollBy(0, pixels);
        const now = await frame();
        gaps.push(now - before);
        before = now;
    }
    return gaps;
}"""


@dataclass(frozen=True)
class Scrolling:
    """What was measured of a list of `size` records; times are milliseconds."""

    size: int
    elements: int
    gaps: list[float]  # between two frames
    work: float  # of scripts, styles and layout, a frame


def fulfil_list(page: Page, size: int) -> None:
    """Answers the API's list with as many records, page by page."""

    def answer(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        start, length = int(query.get("pageToken", ["0"])[0]), int(query["pageSize"][0])
        numbers = range(start, min(start + length, size))
        records = [
            {
                "id": f"{number:032x}",
                "createdAt": f"2026-01-01T{_time(size - number)}Z",
                "data": record_with(str(number)),
            }
            for number in numbers
        ]
        more = {"nextPageToken": str(numbers.stop)} if numbers.stop < size else {}
        route.fulfill(body=json.dumps({"records": records, **more}), content_type="application/json")

    page.route("**/data?**", answer)


def measure(page: Page, size: int) -> Scrolling:
    """Reads the whole list, and scrolls down from its start."""
    read_all(page, size)
    page.evaluate("() => scrollTo(0, 0)")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before = _work(session.send("Performance.getMetrics"))
    gaps = page.evaluate(SCROLL, [STEPS, PIXELS])
    after = _work(session.send("Performance.getMetrics"))
    elements = int(page.evaluate("() => document.querySelectorAll('*').length"))
    return Scrolling(size, elements, gaps, (after - before) / STEPS)


def read_all(page: Page, size: int) -> None:
    """Scrolls until the list has all records."""
    rows = page.locator(".rows .row")
    while rows.count() < size:
        page.evaluate("() => { scrollTo(0, document.documentElement.scrollHeight); }")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    expect(rows).to_have_count(size)


def main() -> None:
    """Prints a line of a table for each size."""
    with (
        tempfile.TemporaryDirectory() as folder,
        started_stacks(Path(folder)) as start,
        sync_playwright() as playwright,
    ):
        stack = start()
        stack.wait_until_up()
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        sys.stdout.write("| records | elements | median gap of frames | 99 % | late frames | work a frame |\n")
        for size in SIZES:
            windows = Windows(browser, stack)
            window = windows.open()
            fulfil_list(window.page, size)
            window.sign_in("ada")
            sys.stdout.write(_line(measure(window.page, size)))
            windows.close()
        browser.close()


def _line(result: Scrolling) -> str:
    gaps = sorted(result.gaps)
    late = sum(gap > LATE for gap in gaps)
    return (
        f"| {result.size:,} | {result.elements:,} | {statistics.median(gaps):.1f} ms "
        f"| {gaps[int(len(gaps) * 0.99)]:.1f} ms | {late} of {len(gaps)} | {result.work:.1f} ms |\n"
    )


def _work(metrics: dict[str, list[dict[str, float]]]) -> float:
    """Milliseconds of scripts, styles and layout so far."""
    named = {str(metric["name"]): metric["value"] for metric in metrics["metrics"]}
    return 1_000 * sum(named[name] for name in ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration"))


def _time(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000000"


if __name__ == "__main__":
    main()
