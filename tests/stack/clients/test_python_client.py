"""The client that openapi-python-client generates from the bundle: complete, strictly typed, and it works."""

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data_api.shared import record_schema
from tests.support.clients import python_client

if TYPE_CHECKING:
    from tests.support.servers.live_api import Api


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the generated package."""
    result = tmp_path_factory.mktemp("python")
    python_client.write_bundle(result / "openapi.json")
    python_client.generate(result / "openapi.json", result)
    return result


def test_every_operation_of_the_bundle_is_generated(folder: Path) -> None:
    document = json.loads((folder / "openapi.json").read_text())
    generated = {path.stem for path in (folder / python_client.NAME / "api").rglob("*.py")}
    names = {
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
        if "operationId" in operation
    }
    assert len(names) >= 6
    assert {name.lower() for name in names} == {name.replace("_", "") for name in generated} - {"init"}


def test_the_client_and_a_program_that_uses_it_are_strictly_typed(folder: Path) -> None:
    assert "" == python_client.type_errors(folder, python_client.PROGRAM)


def test_it_posts_waits_pages_and_gets_errors_as_values(folder: Path, api: "Api") -> None:
    token = api.token(f"python-{uuid.uuid4()}", "data.read", "data.write")
    record = json.dumps(record_schema.example())
    python_client.run(
        python_client.PROGRAM, folder, {"DATA_API_URL": api.url, "DATA_API_TOKEN": token, "RECORD": record}
    )
