"""Records are exported from the Firestore emulator and imported again, whole or not at all."""

import base64
import uuid
from pathlib import Path

import httpx
import pytest

from data_api.shared.errors import CliError
from data_api.stack.data.export import Export
from tests.support.functions.adapters import Emulator

HEADERS = {"authorization": "Bearer owner"}
FIELDS = {
    "integer": {"integerValue": "9223372036854775807"},
    "double": {"doubleValue": 1.5},
    "text": {"stringValue": "x\U0001f600"},
    "time": {"timestampValue": "2026-01-01T00:00:00.123456Z"},
    "bytes": {"bytesValue": base64.b64encode(b"\x00\xff").decode()},
    "map": {"mapValue": {"fields": {"list": {"arrayValue": {"values": [{"nullValue": None}]}}}}},
}


def database() -> str:
    return f"projects/data-api-local/databases/d{uuid.uuid4().hex[:20]}"


def write(firestore: Emulator, name: str, document: str = "one") -> None:
    path = f"{name}/documents/users/ada@accounts/records/{document}"
    writes = {"writes": [{"update": {"name": path, "fields": FIELDS}}]}
    url = f"http://{firestore.host}/v1/{name}/documents:batchWrite"
    httpx.post(url, json=writes, headers=HEADERS).raise_for_status()


def clear(firestore: Emulator, name: str) -> None:
    """As a new emulator would be. An import restores documents under the name of the database of the export."""
    httpx.delete(f"http://{firestore.host}/emulator/v1/{name}/documents", headers=HEADERS).raise_for_status()


def documents(firestore: Emulator, name: str) -> dict[str, object]:
    answer = httpx.get(f"http://{firestore.host}/v1/{name}/documents/users/ada@accounts/records", headers=HEADERS)
    return {document["name"].rpartition("/")[2]: document["fields"] for document in answer.json().get("documents", [])}


@pytest.fixture
def source(firestore: Emulator, tmp_path: Path) -> Export:
    export = Export(tmp_path / "data", database(), firestore.host)
    write(firestore, export.database)
    return export


def test_what_was_saved_is_loaded_with_the_same_values(source: Export, firestore: Emulator, tmp_path: Path) -> None:
    assert "The records are kept for the next start." == source.save([])
    write(firestore, source.database, "two")
    assert "The records are kept for the next start." == source.save([])
    assert 2 == len(list((tmp_path / "data").iterdir()))  # the last export, and its name

    clear(firestore, source.database)
    assert {} == documents(firestore, source.database)
    assert source.load().startswith("Loaded the records of the last run in ")
    assert {"one": FIELDS, "two": FIELDS} == documents(firestore, source.database)


def test_messages_are_saved_with_the_records(source: Export) -> None:
    messages = [{"topic": "records", "message": {"data": "eA==", "attributes": {"schemaVersion": "1"}}}] * 2
    assert [] == source.messages()
    source.save(messages)
    assert messages == source.messages()
    source.save([])
    assert [] == source.messages()


def test_an_empty_database_and_no_export_are_no_error(firestore: Emulator, tmp_path: Path) -> None:
    empty = Export(tmp_path / "data", database(), firestore.host)
    assert "" == empty.load()
    assert "The records are kept for the next start." == empty.save([])
    assert empty.load().startswith("Loaded")


@pytest.mark.parametrize("file", ["*.overall_export_metadata", "all_namespaces/all_kinds/output-0"])
@pytest.mark.parametrize("content", [None, b"", bytes(1_000)])
def test_a_corrupt_export_is_moved_aside_and_nothing_is_loaded(
    source: Export, firestore: Emulator, tmp_path: Path, file: str, content: bytes | None
) -> None:
    source.save([])
    (path,) = (tmp_path / "data").glob(f"*/{file}")
    path.unlink() if content is None else path.write_bytes(content)

    clear(firestore, source.database)
    sentence = source.load()

    (rejected,) = tmp_path.glob("data-rejected-*")
    assert sentence.startswith("The records of the last run could not be loaded (")
    assert sentence.endswith(f"). The stack is empty; they are in {rejected}.")
    assert {} == documents(firestore, source.database)
    assert "" == source.load()


def test_an_export_with_a_changed_byte_is_rejected_by_the_emulator(source: Export, firestore: Emulator) -> None:
    source.save([])
    (path,) = source.folder.glob("*/all_namespaces/all_kinds/output-0")
    content = path.read_bytes()
    path.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])

    clear(firestore, source.database)
    assert "could not be loaded (Checksum doesn't validate.)" in source.load()
    assert {} == documents(firestore, source.database)


def test_an_export_that_fails_leaves_the_one_before(source: Export, firestore: Emulator, tmp_path: Path) -> None:
    source.save([])
    before = sorted((tmp_path / "data").rglob("*"))

    sentence = Export(source.folder, source.database, "127.0.0.1:1").save([])

    assert "could not be kept" in sentence
    assert before == sorted((tmp_path / "data").rglob("*"))
    clear(firestore, source.database)
    source.load()
    assert ["one"] == [*documents(firestore, source.database)]


def test_an_emulator_that_does_not_answer_is_an_error_and_the_records_stay(source: Export) -> None:
    source.save([])
    with pytest.raises(CliError, match=r"start without them: `data-api up --fresh`"):
        Export(source.folder, source.database, "127.0.0.1:1").load()
    assert (source.folder / "current").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name": "../elsewhere", "sizes": {}}', '{"name": 7, "sizes": {}}'])
def test_an_invalid_name_of_the_export_is_moved_aside_too(source: Export, text: str) -> None:
    source.save([])
    (source.folder / "current").write_text(text)
    assert "could not be loaded" in source.load()
    assert not source.folder.exists()
