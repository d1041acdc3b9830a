import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from deployment.archive import FILES, FOLDER, archive, object_name
from deployment.config_error import Refusal
from tests.support.infra.pulumi_mocks import FUNCTION, ROOT, Rehearsal, rehearse

CACHES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".DS_Store"}
DELIBERATELY_NOT_SHIPPED: set[str] = set()  # names below functions/ that the cloud has no use for


def objects(rehearsal: Rehearsal) -> list[str]:
    """The archive that each function is built from."""
    return [each.inputs["buildConfig"]["source"]["storageSource"]["object"] for each in rehearsal.all(FUNCTION)]


def test_the_same_sources_make_the_same_bytes(copy: Path) -> None:
    for path in (copy / FOLDER).rglob("*"):
        path.chmod(0o700)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert archive(ROOT) == archive(copy)


def test_unchanged_sources_leave_every_function_as_it_is(copy: Path, dev: Rehearsal) -> None:
    assert [object_name(archive(ROOT))] * 4 == objects(dev)
    assert objects(dev) == objects(rehearse("dev", root=copy))


@pytest.mark.parametrize(
    "changed", ["present.py", "record.schema.json", "requirements.txt", "dataapi/gcp/record_store.py"]
)
def test_a_changed_byte_makes_another_object_and_changes_every_function(
    copy: Path, dev: Rehearsal, changed: str
) -> None:
    with (copy / FOLDER / changed).open("a") as opened:
        opened.write(" ")
    after = rehearse("dev", root=copy)
    (stored,) = after.all("gcp:storage/bucketObject:BucketObject")
    assert [stored.inputs["name"]] * 4 == objects(after)
    assert set(objects(dev)).isdisjoint(objects(after))


def test_every_file_ships_or_is_left_out_on_purpose() -> None:
    found = {path.relative_to(ROOT / FOLDER) for path in (ROOT / FOLDER).rglob("*") if path.is_file()}
    sources = {path.as_posix() for path in found if CACHES.isdisjoint(path.parts)}
    assert sources == {*FILES, *DELIBERATELY_NOT_SHIPPED}


def test_nothing_but_the_list_ships(copy: Path) -> None:
    for stray in ("__pycache__/generate.cpython-311.pyc", "dataapi/__pycache__/http.cpython-311.pyc", ".env", "new.py"):
        (copy / FOLDER / stray).parent.mkdir(exist_ok=True)
        (copy / FOLDER / stray).write_bytes(b"stray")
    assert sorted(FILES) == zipfile.ZipFile(BytesIO(archive(copy))).namelist()


def test_entries_can_be_read_by_the_build_which_is_another_user() -> None:
    entries = zipfile.ZipFile(BytesIO(archive(ROOT))).infolist()
    assert {0o100644} == {entry.external_attr >> 16 for entry in entries}


def test_a_listed_file_that_is_not_there_is_refused_by_name(copy: Path) -> None:
    (copy / FOLDER / "persist.py").unlink()
    with pytest.raises(
        Refusal, match=r"functions/persist\.py is not there but is listed in infra/deployment/archive\.py"
    ):
        archive(copy)
