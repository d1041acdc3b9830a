"""Downloads of a zip, of which only the jar is stored."""

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from data_api.stack.emulators.download import Download, download
from tests.support.servers.download_server import (
    CONTENT,
    error_of,
    no_progress,
    sends,
    serving,
    source_of,
)


def zipped(**members: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return archive.getvalue()


def source_of_zip(archive: bytes, address: str) -> Download:
    return replace(source_of(archive, address), member="emulator/lib/emulator-*.jar")


def test_only_the_jar_of_a_zip_is_stored(tmp_path: Path) -> None:
    archive = zipped(**{"emulator/bin/emulator": b"a script", "emulator/lib/emulator-1.0-all.jar": CONTENT})
    with serving(sends(archive)) as server:
        path = download(source_of_zip(archive, server.address), tmp_path, no_progress)
    assert path.read_bytes() == CONTENT
    assert [tmp_path / "emulator-1.0.jar"] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "outside",
    ["../escaped", "emulator/../../escaped", "/escaped", "..\\escaped", "emulator/lib/emulator-/../x.jar"],
)
def test_a_zip_with_a_member_outside_its_folder_is_rejected(tmp_path: Path, outside: str) -> None:
    archive = zipped(**{"emulator/lib/emulator-1.0-all.jar": CONTENT, outside: b"elsewhere"})
    cache = tmp_path / "cache"
    with serving(sends(archive)) as server:
        assert "the archive does not have " in error_of(source_of_zip(archive, server.address), cache)
    assert [cache] == list(tmp_path.iterdir())


@pytest.mark.parametrize("jars", [[], ["emulator-1.jar", "emulator-2.jar"]])
def test_a_zip_without_exactly_one_jar_is_rejected(tmp_path: Path, jars: list[str]) -> None:
    archive = zipped(**{f"emulator/lib/{jar}": CONTENT for jar in jars})
    with serving(sends(archive)) as server:
        message = error_of(source_of_zip(archive, server.address), tmp_path)
    assert "the archive does not have emulator/lib/emulator-*.jar exactly once" in message


def with_wrong_sum(archive: bytes) -> bytes:
    return archive.replace(zlib.crc32(CONTENT).to_bytes(4, "little"), b"sum!")


def with_wrong_stream(archive: bytes) -> bytes:
    content = archive.index(b".jar") + len(b".jar")
    return archive[:content] + b"\xff" * 4 + archive[content + 4 :]


@pytest.mark.parametrize("make", [lambda _: b"not a zip", with_wrong_sum, with_wrong_stream])
def test_a_zip_that_cannot_be_unpacked_leaves_nothing_in_the_cache(
    tmp_path: Path, make: Callable[[bytes], bytes]
) -> None:
    archive = make(zipped(**{"emulator/lib/emulator-1.0-all.jar": CONTENT}))
    with serving(sends(archive)) as server:
        message = error_of(source_of_zip(archive, server.address), tmp_path)
    assert "the archive cannot be unpacked (" in message
