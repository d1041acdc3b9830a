"""The page in Chromium, through a whole local stack: one stack and one browser for all tests of this folder.

Storage refuses records with the word poison. Without Chromium the tests are skipped, or fail in continuous integration.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.browser.window import LIMIT, Windows
from tests.support.javascript import CHROMIUM
from tests.support.servers.local_stack import Stack, started_stacks

if TYPE_CHECKING:
    from pathlib import Path

POISON = "poison"
MISSING = "Chromium is not installed: apt-get install chromium"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    expect.set_options(timeout=LIMIT)
    with sync_playwright() as playwright:
        result = playwright.chromium.launch(executable_path=CHROMIUM)
        yield result
        result.close()


@pytest.fixture(scope="session")
def stack(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    assert browser.is_connected()
    folder: Path = tmp_path_factory.mktemp("stack")
    with started_stacks(folder) as start:
        result = start("--refuse-storing", POISON)
        result.wait_until_up()
        yield result


@pytest.fixture
def windows(browser: Browser, stack: Stack) -> Iterator[Windows]:
    result = Windows(browser, stack)
    yield result
    result.close()


@pytest.fixture
def new_user() -> Callable[[], str]:
    """Names a user whom no other test knows."""
    return lambda: f"user-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def user(new_user: Callable[[], str]) -> str:
    return new_user()


def stored_records(stack: Stack, user: str) -> list[dict[str, Any]]:
    """All that the API has of the user. A record that was stored twice is in it twice."""
    query, records = {"pageSize": "500"}, []
    with stack.client(user, "data.read") as client:
        while True:
            page = client.get("/data", params=query).json()
            records += page["records"]
            if "nextPageToken" not in page:
                return records
            query["pageToken"] = page["nextPageToken"]
