"""Downloads over real HTTP: only complete and valid files are stored."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from data_api.stack.emulators.download import download
from data_api.stack.emulators.emulator import FIRESTORE, find_jar
from tests.support.servers.download_server import (
    CONTENT,
    error_of,
    no_progress,
    sends,
    serving,
    source_of,
)


def test_a_complete_download_is_stored_under_its_name(tmp_path: Path) -> None:
    cache = tmp_path / "made" / "on demand"
    with serving(sends(CONTENT)) as server:
        path = download(source_of(CONTENT, server.address), cache, no_progress)
    assert cache / "emulator-1.0.jar" == path
    assert path.read_bytes() == CONTENT
    assert [path] == list(cache.iterdir())


def test_a_second_call_does_not_download_again(tmp_path: Path) -> None:
    with serving(sends(CONTENT)) as server:
        first = download(source_of(CONTENT, server.address), tmp_path, no_progress)
        second = download(source_of(CONTENT, server.address), tmp_path, no_progress)
        assert server.requests == ["/emulator.jar"]
    assert first == second


def test_an_emulator_that_is_found_nowhere_is_downloaded(tmp_path: Path) -> None:
    with serving(sends(CONTENT)) as server:
        emulator = replace(FIRESTORE, download=source_of(CONTENT, server.address))
        jar = find_jar(emulator, environ={}, cache=tmp_path, progress=no_progress)
    assert jar.read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    altered = CONTENT[:-1] + b"!"
    with serving(sends(altered)) as server:
        message = error_of(source_of(CONTENT, server.address), tmp_path)
    read = f"1048576 bytes with SHA-256 {hashlib.sha256(altered).hexdigest()}"
    expected = f"1048576 bytes with SHA-256 {hashlib.sha256(CONTENT).hexdigest()}"
    assert (
        f"the downloaded file is not the expected one ({read}, expected {expected}); run the command again" in message
    )


def test_a_download_cut_off_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    with serving(sends(CONTENT[:300_000], length=len(CONTENT))) as server:
        message = error_of(source_of(CONTENT, server.address), tmp_path)
    assert "the connection was lost (" in message
    assert "received 300000 bytes, expected 1048576" in message


def test_a_truncated_file_is_detected_even_if_http_reports_success(tmp_path: Path) -> None:
    with serving(sends(CONTENT[:300_000])) as server:
        message = error_of(source_of(CONTENT, server.address), tmp_path)
    assert "the downloaded file is not the expected one (300000 bytes with" in message


def test_a_download_that_failed_succeeds_when_it_is_run_again(tmp_path: Path) -> None:
    with serving(sends(CONTENT[:300_000], length=len(CONTENT))) as server:
        source = source_of(CONTENT, server.address)
        assert "run the command again" in error_of(source, tmp_path)
        server.answer = sends(CONTENT)
        assert download(source, tmp_path, no_progress).read_bytes() == CONTENT


def test_an_answer_longer_than_the_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    sent = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(200):
            request.wfile.write(CONTENT)
            sent.append(len(CONTENT))

    with serving(answer) as server:
        assert "the downloaded file is not the expected one" in error_of(source_of(CONTENT, server.address), tmp_path)
    assert sum(sent) < 100 * len(CONTENT)


def test_ctrl_c_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    def interrupt(_count: int) -> None:
        assert list(tmp_path.iterdir()) != []
        raise KeyboardInterrupt

    with serving(sends(CONTENT)) as server, pytest.raises(KeyboardInterrupt):
        download(source_of(CONTENT, server.address), tmp_path, lambda _title, _size: nullcontext(interrupt))
    assert list(tmp_path.iterdir()) == []


def test_two_downloads_at_once_do_not_harm_each_other(tmp_path: Path) -> None:
    both_halfway = threading.Barrier(2, timeout=10)

    def answer(request: BaseHTTPRequestHandler) -> None:
        half = len(CONTENT) // 2
        sends(CONTENT[:half], length=len(CONTENT))(request)
        both_halfway.wait()
        request.wfile.write(CONTENT[half:])

    with serving(answer) as server, ThreadPoolExecutor() as pool:
        source = source_of(CONTENT, server.address)
        running = [pool.submit(download, source, tmp_path, no_progress) for _ in range(2)]
        paths = {future.result(timeout=20) for future in running}
    assert {tmp_path / source.file} == paths == set(tmp_path.iterdir())
    assert (tmp_path / source.file).read_bytes() == CONTENT
