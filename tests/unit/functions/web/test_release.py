"""The release of the web page: its files, their addresses, and the digest in them."""

import gzip
from pathlib import Path

import pytest

from dataapi.web import release
from dataapi.web.release import Release, UnknownFileError

ROOT = Path(__file__).parents[4]
INDEX = b'<script type="module" src="/app/main.js"></script><link rel="stylesheet" href="/app/style/main.css">'


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "app" / "style").mkdir(parents=True)
    (folder / "index.html").write_bytes(INDEX)
    (folder / "app" / "main.js").write_bytes(b"export {};\n")
    (folder / "app" / "style" / "main.css").write_bytes(b"body { margin: 0 }\n")
    (tmp_path / "record.schema.json").write_bytes(b"{}")
    return folder


def read(web: Path) -> Release:
    return release.read(web, web.parent / "record.schema.json")


def test_every_file_has_an_address_with_the_digest(web: Path) -> None:
    read_files = read(web)
    folder = f"/app/{read_files.digest}"
    assert {"/", f"{folder}/main.js", f"{folder}/style/main.css", f"{folder}/record.schema.json"} == {*read_files.files}
    assert b"export {};\n" == read_files.files[f"{folder}/main.js"].content


def test_the_page_refers_to_the_addresses_with_the_digest(web: Path) -> None:
    current = read(web)
    expected = INDEX.replace(b"/app/", f"/app/{current.digest}/".encode())
    assert expected == current.files["/"].content


@pytest.mark.parametrize("name", ["web/index.html", "web/app/main.js", "web/app/style/main.css", "record.schema.json"])
def test_a_changed_file_changes_the_digest(web: Path, name: str) -> None:
    before = read(web)
    with (web.parent / name).open("a") as file:
        file.write(" ")
    assert before.digest != read(web).digest


def test_a_renamed_file_changes_the_digest(web: Path) -> None:
    before = read(web)
    (web / "app" / "main.js").rename(web / "app" / "mainly.js")
    assert before.digest != read(web).digest


def test_the_digest_does_not_depend_on_the_folder_or_on_files_that_are_not_served(web: Path, tmp_path: Path) -> None:
    before = read(web)
    (web / "app" / ".DS_Store").write_bytes(b"of an editor")
    (web / "tsconfig.json").write_bytes(b"{}")
    moved = (tmp_path / "web").rename(tmp_path / "elsewhere")
    after = read(moved)
    assert before == after


def test_the_signature_changes_with_each_change_of_a_file(web: Path) -> None:
    signatures = [release.signature(web)]
    (web / "app" / "main.js").write_bytes(b"export const a = 1;\n")
    signatures.append(release.signature(web))
    (web / "app" / "new.js").write_bytes(b"")
    signatures.append(release.signature(web))
    (web / "app" / "new.js").unlink()
    signatures.append(release.signature(web))
    assert signatures[3] == signatures[1]
    assert 3 == len({*signatures})


def test_a_file_of_an_unknown_type_is_named(web: Path) -> None:
    (web / "app" / "main.ts").write_bytes(b"")
    with pytest.raises(UnknownFileError, match=r"^main\.ts has an unknown type: use one of \.css, "):
        read(web)


def test_text_is_compressed_to_the_same_bytes_each_time_and_pictures_are_not(web: Path) -> None:
    (web / "app" / "icon.png").write_bytes(b"\x89PNG")
    first, second = read(web), read(web)
    address = f"/app/{first.digest}/main.js"
    compressed = first.files[address].gzipped
    assert compressed is not None
    assert b"export {};\n" == gzip.decompress(compressed)
    assert compressed == second.files[address].gzipped
    assert first.files[f"/app/{first.digest}/icon.png"].gzipped is None


def test_the_page_of_this_repository_refers_to_files_that_exist() -> None:
    current = release.read(ROOT / "web", ROOT / "functions" / "record.schema.json")
    page = current.files["/"].content.decode()
    references = [word.split('"')[0] for word in page.split('="')[1:] if word.startswith("/")]
    assert references
    assert [] == [reference for reference in references if reference not in current.files]
