"""The samples of docs/calling.md run as they are, and do what the page says."""

import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest

from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.servers.local_stack import Stack

PAGE = (Path(__file__).parents[3] / "docs" / "calling.md").read_text(encoding="utf-8")
SAMPLES = PAGE[PAGE.index("## Post, wait, list") : PAGE.index("## Retries")]
RECORD = '{"informationOne": "first", "informationTwo": "second"}'  # a project may have another schema


def sample(language: str) -> str:
    """The one block of this language, with a record that the schema allows."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", SAMPLES, re.DOTALL)
    assert RECORD in block
    return str(block).replace(RECORD, repr(SAMPLE) if language == "python" else json.dumps(SAMPLE))


@pytest.fixture
def user() -> str:
    return f"caller-{uuid.uuid4()}"


def run(command: "Sequence[str]", stack: "Stack", user: str) -> list[str]:
    """The lines that a sample prints."""
    environ = {
        **stack.environ,
        "DATA_API_URL": stack.url,
        "DATA_API_TOKEN": stack.token(user, "data.read", "data.write"),
    }
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout.replace("}{", "}\n{").splitlines()


def check(printed: list[str]) -> None:
    """First the record, then the list of all: this one only, however often it was posted."""
    record, page = (json.loads(line) for line in printed)
    assert SAMPLE == record["data"]
    assert [record] == page["records"]


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_the_sample_for_curl_posts_waits_and_lists(stack: "Stack", user: str) -> None:
    for _ in range(2):
        check(run(["/bin/sh", "-ec", sample("sh")], stack, user))


def test_the_sample_for_python_posts_waits_and_lists(stack: "Stack", user: str) -> None:
    for _ in range(2):
        check(run([sys.executable, "-W", "error", "-c", sample("python")], stack, user))


@pytest.mark.skipif(which("node") is None, reason="node is not installed")
def test_the_sample_for_javascript_posts_waits_and_lists(stack: "Stack", user: str, tmp_path: Path) -> None:
    module = tmp_path / "sample.mjs"
    module.write_text(sample("js"))
    for _ in range(2):
        check(run(["node", str(module)], stack, user))


@pytest.mark.skipif(which("node") is None, reason="node is not installed")
def test_the_three_lines_read_the_records(stack: "Stack", user: str, tmp_path: Path) -> None:
    (three_lines,) = re.findall(r"## Three lines\n\n```js\n(.*?)```", PAGE, re.DOTALL)
    variables = "const { DATA_API_URL: url, DATA_API_TOKEN: token } = process.env;\n"
    module = tmp_path / "sample.mjs"
    module.write_text(f"{variables}{three_lines}console.log(JSON.stringify(records));\n")
    assert 3 == len(three_lines.splitlines())
    assert ["[]"] == run(["node", str(module)], stack, user)
