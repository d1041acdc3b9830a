"""The client that openapi-python-client generates from the bundle: complete, strictly typed, and it works."""

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from data_api.shared import record_schema
from tests.support.clients import python_client

if TYPE_CHECKING:
    from tests.support.servers.live_api import Api


def test_every_operation_of_the_bundle_is_generated(python_folder: Path) -> None:
    document = json.loads((python_folder / "openapi.json").read_text())
    generated = {path.stem for path in (python_folder / python_client.NAME / "api").rglob("*.py")}
    names = {
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
        if "operationId" in operation
    }
    assert len(names) >= 6
    assert {name.lower() for name in names} == {name.replace("_", "") for name in generated} - {"init"}


def test_the_client_and_a_program_that_uses_it_are_strictly_typed(python_folder: Path) -> None:
    assert "" == python_client.type_errors(python_folder, python_client.PROGRAM, python_folder / "sample.py")


def test_it_posts_waits_pages_follows_changes_deletes_and_gets_errors_as_values(
    python_folder: Path, api: "Api"
) -> None:
    token = api.token(f"python-{uuid.uuid4()}", "data.read", "data.write")
    record = json.dumps(record_schema.example())
    python_client.run(
        python_client.PROGRAM, python_folder, {"DATA_API_URL": api.url, "DATA_API_TOKEN": token, "RECORD": record}
    )
