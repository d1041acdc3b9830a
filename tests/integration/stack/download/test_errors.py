"""The errors of a download: server, proxy, disk."""

import resource
import socket
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from data_api.shared.errors import CliError
from data_api.stack.emulators import download as download_module
from data_api.stack.emulators.download import download
from tests.support.servers.download_server import CONTENT, error_of, no_progress, sends, serving, source_of


def test_a_server_that_stops_sending_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "TIMEOUT", 0.1)
    over = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        sends(CONTENT[:1000], length=len(CONTENT))(request)
        over.wait(timeout=2)  # then it hangs up, which reads differently

    with serving(answer) as server:
        message = error_of(source_of(CONTENT, server.address), tmp_path)
        over.set()
    assert "the connection was lost (timed out)" in message


@pytest.mark.parametrize(("status", "said"), [(404, "404 Not Found"), (302, "302 Found")])
def test_an_answer_other_than_the_file_is_quoted(tmp_path: Path, status: int, said: str) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.end_headers()
        request.wfile.write(CONTENT)

    with serving(answer) as server:
        assert f"the server answered {said}" in error_of(source_of(CONTENT, server.address), tmp_path)


def test_a_refused_connection_is_reported_as_unreachable(tmp_path: Path) -> None:
    with socket.socket() as not_listening:
        not_listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{not_listening.getsockname()[1]}/emulator.jar"
        message = error_of(source_of(CONTENT, address), tmp_path)
    assert "the server cannot be reached (" in message
    assert "Connection refused" in message


def test_a_proxy_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "carrier-pigeon://127.0.0.1")
    message = error_of(source_of(CONTENT, "http://127.0.0.1/emulator.jar"), tmp_path)
    assert "the environment's proxy or certificate settings cannot be used (" in message
    assert "carrier-pigeon" in message


def test_a_full_disk_is_reported_and_left_unchanged(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(sends(CONTENT)) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, hard))  # nearest thing to a full disk
        try:
            message = error_of(source_of(CONTENT, server.address), tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert f"it cannot be stored in {tmp_path} (File too large); " in message
    assert "check that the folder is writable and has enough space (1.0 MB to download), then run" in message


def test_a_cache_that_is_no_folder_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "cache"
    occupied.write_text("a file of the user's")
    with pytest.raises(CliError, match=f"cannot be stored in {occupied}"):
        download(source_of(CONTENT, "http://127.0.0.1/emulator.jar"), occupied, no_progress)
    assert occupied.read_text() == "a file of the user's"
