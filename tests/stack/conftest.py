"""The stack of the tests in this folder.

`api` is a running stack, of which a test knows what a caller knows: the one at --url, or one that is started here once.
`stack` is the latter, for tests that use its emulators, logs or processes. `start_stack` starts one for a single test,
and stops it afterwards. With --url, tests that need `stack` or `start_stack` are skipped.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_api.shared.stack_state import HOME_VARIABLE
from tests.support.servers.live_api import AUDIENCE, TOKEN, Api, elsewhere
from tests.support.servers.local_stack import Stack, StartStack, started_stacks

NEEDS_OWN_STACK = "needs a stack that the test starts: it uses the emulators, logs or processes; run it without --url"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--url", help="test the stack at this address instead of one started here")


@pytest.fixture(scope="session")
def api(request: pytest.FixtureRequest) -> Api:
    if url := _url(request):
        result = elsewhere(url, os.environ)
        result.wait_until_it_answers()
        return result
    started: Stack = request.getfixturevalue("stack")
    return started


@pytest.fixture
def credential(api: Api) -> dict[str, str]:
    """The environment variables of a program that may read and write."""
    if isinstance(api, Stack):
        return {TOKEN: api.token("ada", "data.read", "data.write")}
    return {name: os.environ[name] for name in (AUDIENCE, TOKEN, HOME_VARIABLE) if name in os.environ}


@pytest.fixture
def start_stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartStack]:
    if _url(request):
        pytest.skip(NEEDS_OWN_STACK)
    with started_stacks(tmp_path) as start:
        yield start


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if _url(request):
        pytest.skip(NEEDS_OWN_STACK)
    with started_stacks(tmp_path_factory.mktemp("stack")) as start:
        result = start()
        result.wait_until_up()
        yield result


def _url(request: pytest.FixtureRequest) -> str | None:
    result: str | None = request.config.getoption("--url", None)
    return result
