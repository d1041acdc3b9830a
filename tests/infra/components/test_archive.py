import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from deployment.archive import CONTRACT, FOLDER, archive, files, object_name
from deployment.config_error import ConfigError
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION
from tests.support.infra.stack_settings import ROOT

CACHES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".DS_Store"}
DELIBERATELY_NOT_SHIPPED = {
    "functions.toml",
    "dataapi/openapi/__main__.py",
    "dataapi/web/export.py",
}  # the cloud has no use for them


def objects(deployment: RecordedDeployment) -> list[str]:
    """The archive that each function is built from."""
    return [
        resource.inputs["buildConfig"]["source"]["storageSource"]["object"] for resource in deployment.all(FUNCTION)
    ]


def test_the_same_sources_make_the_same_bytes(project_copy: Path) -> None:
    for path in (project_copy / FOLDER).rglob("*"):
        path.chmod(0o700)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert archive(ROOT) == archive(project_copy)


def test_unchanged_sources_leave_every_function_as_it_is(project_copy: Path, dev: RecordedDeployment) -> None:
    assert [object_name(archive(ROOT))] * 6 == objects(dev)
    assert objects(dev) == objects(run_program("dev", root=project_copy))


@pytest.mark.parametrize(
    "changed", ["present.py", "record.schema.json", "requirements.txt", "dataapi/gcp/record_store.py"]
)
def test_a_changed_byte_changes_the_object_and_every_function(
    project_copy: Path, dev: RecordedDeployment, changed: str
) -> None:
    with (project_copy / FOLDER / changed).open("a") as opened:
        opened.write(" ")
    after = run_program("dev", root=project_copy)
    (stored,) = after.all("gcp:storage/bucketObject:BucketObject")
    assert [stored.inputs["name"]] * 6 == objects(after)
    assert set(objects(dev)).isdisjoint(objects(after))


def test_every_file_is_in_the_archive_or_explicitly_left_out() -> None:
    results = {path.relative_to(ROOT / FOLDER) for path in (ROOT / FOLDER).rglob("*") if path.is_file()}
    sources = {path.as_posix() for path in results if CACHES.isdisjoint(path.parts)}
    elsewhere = {name for name in files(ROOT) if name == CONTRACT or name.startswith("web/")}
    assert sources == {*files(ROOT)} - elsewhere | DELIBERATELY_NOT_SHIPPED


def test_no_cache_and_no_secret_is_in_the_archive(project_copy: Path) -> None:
    for stray in (
        "__pycache__/generate.cpython-311.pyc",
        "dataapi/__pycache__/http.cpython-311.pyc",
        ".env",
        "notes.txt",
    ):
        (project_copy / FOLDER / stray).parent.mkdir(exist_ok=True)
        (project_copy / FOLDER / stray).write_bytes(b"stray")
    assert files(ROOT) == zipfile.ZipFile(BytesIO(archive(project_copy))).namelist()


def test_archive_entries_are_readable_by_every_user() -> None:
    entries = zipfile.ZipFile(BytesIO(archive(ROOT))).infolist()
    assert {0o100644} == {entry.external_attr >> 16 for entry in entries}


def test_a_new_module_is_in_the_archive(project_copy: Path) -> None:
    (project_copy / FOLDER / "dataapi" / "new.py").write_text("")
    assert {"dataapi/new.py"} == {*files(project_copy)} - {*files(ROOT)}


def test_a_declared_function_without_its_file_is_rejected(project_copy: Path) -> None:
    (project_copy / FOLDER / "persist.py").unlink()
    with pytest.raises(
        ConfigError, match=r"functions/persist\.py is missing: restore it, or remove its function from functions/"
    ):
        archive(project_copy)
