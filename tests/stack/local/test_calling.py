"""The samples of docs/calling.md run as they are, and do what the page says."""

import subprocess
import sys
import uuid
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest

from tests.support import javascript
from tests.support.calling_page import printed_json, sample, three_lines
from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.servers.local_stack import Stack

    RunModule = Callable[[str], str]

DECLARED = "const { DATA_API_URL: url, DATA_API_TOKEN: token } = process.env;\n"


@pytest.fixture
def user() -> str:
    return f"caller-{uuid.uuid4()}"


def variables(stack: "Stack", user: str) -> dict[str, str]:
    return {"DATA_API_URL": stack.url, "DATA_API_TOKEN": stack.token(user, "data.read", "data.write")}


def run(command: "Sequence[str]", stack: "Stack", user: str, folder: Path) -> str:
    """What a sample prints."""
    environ = {**stack.environ, **variables(stack, user)}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def check(output: str) -> None:
    """First the record, then the list of all: this one only, however often it was posted."""
    record, page = printed_json(output)
    assert isinstance(record, dict)
    assert SAMPLE == record["data"]
    assert {"records": [record]} == page


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_the_sample_for_curl_posts_waits_and_lists(stack: "Stack", user: str, tmp_path: Path) -> None:
    for _ in range(2):
        check(run(["/bin/sh", "-ec", sample("sh")], stack, user, tmp_path))


def test_the_sample_for_python_posts_waits_and_lists(stack: "Stack", user: str, tmp_path: Path) -> None:
    for _ in range(2):
        check(run([sys.executable, "-W", "error", "-c", sample("python")], stack, user, tmp_path))


@pytest.fixture(
    params=[
        pytest.param(
            javascript.in_node,
            marks=pytest.mark.skipif(which("node") is None, reason="node is not installed"),
            id="node",
        ),
        pytest.param(
            javascript.in_chromium,
            marks=pytest.mark.skipif(javascript.CHROMIUM is None, reason="Chromium is not installed"),
            id="chromium",
        ),
    ]
)
def run_module(request: pytest.FixtureRequest, stack: "Stack", user: str, tmp_path: Path) -> "RunModule":
    runner: Callable[..., str] = request.param
    return lambda module: runner(module, variables(stack, user), tmp_path)


def test_the_sample_for_javascript_posts_waits_and_lists(run_module: "RunModule") -> None:
    for _ in range(2):
        check(run_module(sample("js")))


def test_the_three_lines_read_the_records(run_module: "RunModule") -> None:
    assert "[]\n" == run_module(f"{DECLARED}{three_lines()}console.log(JSON.stringify(records));\n")


@pytest.mark.skipif(javascript.CHROMIUM is None, reason="Chromium is not installed")
def test_a_page_can_read_the_answers_of_the_functions_and_not_those_of_the_gateway(
    stack: "Stack", user: str, tmp_path: Path
) -> None:
    module = f"""{DECLARED}
        const path = `/data/${{"0".repeat(32)}}`;
        const status = (authorization) => fetch(url + path, {{ headers: {{ authorization }} }})
            .then((response) => response.status, String);
        console.log(await status(`Bearer ${{token}}`));
        console.log(await status("Bearer expired"));
    """
    assert "404\nTypeError: Failed to fetch\n" == javascript.in_chromium(module, variables(stack, user), tmp_path)
