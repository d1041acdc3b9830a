"""A function that is added as docs/your-own.md says runs on a laptop and is deployed."""

import json
from pathlib import Path

import pytest

from tests.support.project_copy import ProjectCopy, copy_project
from tests.support.records import SAMPLE
from tests.support.servers.local_stack import started_stacks
from tests.support.your_own import add_function

DEPLOYED = """
import json
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.resource_types import FUNCTION

print(json.dumps(sorted(resource.name for resource in run_program("dev").all(FUNCTION))))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    copy = copy_project(tmp_path_factory.mktemp("own-function") / "project")
    add_function(copy.root)
    return copy


def test_it_answers_in_the_local_stack(project: ProjectCopy, tmp_path: Path) -> None:
    with started_stacks(tmp_path) as start_stack:
        stack = start_stack(PYTHONPATH=project.environ["PYTHONPATH"])
        stack.wait_until_up()
        with stack.client("ada", "data.read", "data.write") as client:
            location = client.post("/data", json=SAMPLE).headers["location"]
            assert 200 == client.get(location, headers={"prefer": "wait=10"}).status_code
            assert [SAMPLE] == [record["data"] for record in client.get("/summary").json()["records"]]


def test_it_is_deployed(project: ProjectCopy) -> None:
    names = json.loads(project.output_of(DEPLOYED))
    assert ["dead-letter", "delete", "generate", "persist", "present", "summary", "web"] == names
