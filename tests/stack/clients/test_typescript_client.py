"""The client of openapi-fetch with types generated from the bundle: complete, strictly typed, and it works."""

import json
import re
import uuid
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING

from data_api.shared import record_schema
from tests.support.clients import typescript_client

if TYPE_CHECKING:
    from tests.support.servers.live_api import Api


def test_every_operation_of_the_bundle_is_generated(typescript_folder: Path) -> None:
    document = json.loads((typescript_folder / "openapi.json").read_text())
    types = (typescript_folder / "schema.ts").read_text()
    for path in document["paths"].values():
        for operation in path.values():
            assert re.search(rf'operations\["{operation["operationId"]}"\]', types)


def test_the_data_of_a_record_can_be_read(typescript_folder: Path) -> None:
    (typescript_folder / "data.ts").write_text(
        'import type { components } from "./schema.js";\n'
        'export const read = (record: components["schemas"]["Record"]): unknown => record.data["any name"];\n'
    )
    assert "" == typescript_client.type_errors(typescript_folder)


def test_a_name_that_the_contract_has_not_is_a_type_error(typescript_folder: Path, tmp_path: Path) -> None:
    typescript_client.prepare(tmp_path)
    copyfile(typescript_folder / "schema.ts", tmp_path / "schema.ts")
    (tmp_path / "wrong.ts").write_text(
        'import type { components } from "./schema.js";\n'
        'export const read = (receipt: components["schemas"]["Receipt"]): unknown => receipt.created;\n'
    )
    assert "Property 'created' does not exist" in typescript_client.type_errors(tmp_path)


def test_it_posts_waits_pages_follows_changes_deletes_and_gets_errors_as_values(
    typescript_folder: Path, api: "Api"
) -> None:
    token = api.token(f"typescript-{uuid.uuid4()}", "data.read", "data.write")
    environ = {"DATA_API_URL": api.url, "DATA_API_TOKEN": token, "RECORD": json.dumps(record_schema.example())}
    typescript_client.run("round_trip.js", typescript_folder, environ)
