"""Downloads over real HTTP: what arrives whole is kept, and nothing else is."""

import hashlib
import io
import resource
import socket
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from data_api.shared.errors import CliError
from data_api.stack.emulators import download as download_module
from data_api.stack.emulators.download import Advance, Download, download, progress_on
from data_api.stack.emulators.emulator import FIRESTORE, find_jar

CONTENT = bytes(range(256)) * 4096  # a mebibyte: several chunks

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """Answers every GET with `answer`, and counts."""

    address: str
    answer: Answer
    requests: list[str] = field(default_factory=list)


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append(self.path)
            with suppress(ConnectionError):  # a client that has heard enough
                server.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server = Server(f"http://127.0.0.1:{listening.server_port}/emulator.jar", answer)
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_proxy_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("all_proxy", "http_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


def sends(content: bytes, length: int | None = None) -> Answer:
    """Announces `length` (that of the content, unless told), sends the content, closes."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-length", str(len(content) if length is None else length))
        request.end_headers()
        request.wfile.write(content)

    return answer


def source_of(content: bytes, address: str) -> Download:
    return Download(
        title="Test emulator",
        address=address,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        file="emulator-1.0.jar",
        alternative="set TEST_EMULATOR_HOST",
    )


def unseen(_title: str, _size: int) -> AbstractContextManager[Advance]:
    return nullcontext(lambda _count: None)


def refused(source: Download, cache: Path) -> str:
    """The message of the fault, after a look at what the cache holds."""
    with pytest.raises(CliError) as error:
        download(source, cache, unseen)
    assert list(cache.iterdir()) == []
    message = error.value.message
    assert message.startswith(f"The Test emulator could not be downloaded from {source.address}: ")
    assert message.endswith(", or set TEST_EMULATOR_HOST.")
    return message


def test_a_file_that_arrives_whole_is_kept_under_its_name(tmp_path: Path) -> None:
    cache = tmp_path / "made" / "on demand"
    with serving(sends(CONTENT)) as server:
        kept = download(source_of(CONTENT, server.address), cache, unseen)
    assert cache / "emulator-1.0.jar" == kept
    assert kept.read_bytes() == CONTENT
    assert [kept] == list(cache.iterdir())


def test_a_second_call_does_not_download_again(tmp_path: Path) -> None:
    with serving(sends(CONTENT)) as server:
        first = download(source_of(CONTENT, server.address), tmp_path, unseen)
        second = download(source_of(CONTENT, server.address), tmp_path, unseen)
        assert server.requests == ["/emulator.jar"]
    assert first == second


def test_an_emulator_that_is_found_nowhere_is_downloaded(tmp_path: Path) -> None:
    with serving(sends(CONTENT)) as server:
        emulator = replace(FIRESTORE, download=source_of(CONTENT, server.address))
        jar = find_jar(emulator, environ={}, cache=tmp_path, progress=unseen)
    assert jar.read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    altered = CONTENT[:-1] + b"!"
    with serving(sends(altered)) as server:
        message = refused(source_of(CONTENT, server.address), tmp_path)
    read = f"1048576 bytes with SHA-256 {hashlib.sha256(altered).hexdigest()}"
    expected = f"1048576 bytes with SHA-256 {hashlib.sha256(CONTENT).hexdigest()}"
    assert (
        f"the downloaded file is not the expected one ({read}, expected {expected}); run the command again" in message
    )


def test_a_download_cut_off_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    with serving(sends(CONTENT[:300_000], length=len(CONTENT))) as server:
        message = refused(source_of(CONTENT, server.address), tmp_path)
    assert "the connection was lost (" in message
    assert "received 300000 bytes, expected 1048576" in message


def test_a_cut_that_http_does_not_show_is_seen_all_the_same(tmp_path: Path) -> None:
    with serving(sends(CONTENT[:300_000])) as server:
        message = refused(source_of(CONTENT, server.address), tmp_path)
    assert "the downloaded file is not the expected one (300000 bytes with" in message


def test_a_download_that_failed_succeeds_when_it_is_run_again(tmp_path: Path) -> None:
    with serving(sends(CONTENT[:300_000], length=len(CONTENT))) as server:
        source = source_of(CONTENT, server.address)
        assert "run the command again" in refused(source, tmp_path)
        server.answer = sends(CONTENT)
        assert download(source, tmp_path, unseen).read_bytes() == CONTENT


def test_an_answer_longer_than_the_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    sent = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(200):
            request.wfile.write(CONTENT)
            sent.append(len(CONTENT))

    with serving(answer) as server:
        assert "the downloaded file is not the expected one" in refused(source_of(CONTENT, server.address), tmp_path)
    assert sum(sent) < 100 * len(CONTENT)


def test_a_server_that_falls_silent_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "TIMEOUT", 0.1)
    over = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        sends(CONTENT[:1000], length=len(CONTENT))(request)
        over.wait(timeout=2)  # then it hangs up, which reads differently

    with serving(answer) as server:
        message = refused(source_of(CONTENT, server.address), tmp_path)
        over.set()
    assert "the connection was lost (timed out)" in message


@pytest.mark.parametrize(("status", "said"), [(404, "404 Not Found"), (302, "302 Found")])
def test_an_answer_other_than_the_file_is_quoted(tmp_path: Path, status: int, said: str) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.end_headers()
        request.wfile.write(CONTENT)

    with serving(answer) as server:
        assert f"the server answered {said}" in refused(source_of(CONTENT, server.address), tmp_path)


def test_a_server_that_refuses_the_connection_is_said_to_be_out_of_reach(tmp_path: Path) -> None:
    with socket.socket() as not_listening:
        not_listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{not_listening.getsockname()[1]}/emulator.jar"
        message = refused(source_of(CONTENT, address), tmp_path)
    assert "the server cannot be reached (" in message
    assert "Connection refused" in message


def test_a_proxy_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "carrier-pigeon://127.0.0.1")
    message = refused(source_of(CONTENT, "http://127.0.0.1/emulator.jar"), tmp_path)
    assert "the environment's proxy or certificate settings cannot be used (" in message
    assert "carrier-pigeon" in message


def test_a_disk_that_takes_no_more_is_named_and_left_as_it_was(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(sends(CONTENT)) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, hard))  # nearest thing to a full disk
        try:
            message = refused(source_of(CONTENT, server.address), tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert f"it cannot be stored in {tmp_path} (File too large); " in message
    assert "check that the folder is writable and has enough space (1.0 MB to download), then run" in message


def test_a_cache_that_is_no_folder_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "cache"
    occupied.write_text("a file of the user's")
    with pytest.raises(CliError, match=f"cannot be stored in {occupied}"):
        download(source_of(CONTENT, "http://127.0.0.1/emulator.jar"), occupied, unseen)
    assert occupied.read_text() == "a file of the user's"


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
        running = [pool.submit(download, source, tmp_path, unseen) for _ in range(2)]
        kept = {each.result(timeout=20) for each in running}
    assert {tmp_path / source.file} == kept == set(tmp_path.iterdir())
    assert (tmp_path / source.file).read_bytes() == CONTENT


def zipped(**members: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return archive.getvalue()


def source_of_zip(archive: bytes, address: str) -> Download:
    return replace(source_of(archive, address), member="emulator/lib/emulator-*.jar")


def test_the_jar_in_a_zip_is_all_that_is_kept_of_it(tmp_path: Path) -> None:
    archive = zipped(**{"emulator/bin/emulator": b"a script", "emulator/lib/emulator-1.0-all.jar": CONTENT})
    with serving(sends(archive)) as server:
        kept = download(source_of_zip(archive, server.address), tmp_path, unseen)
    assert kept.read_bytes() == CONTENT
    assert [tmp_path / "emulator-1.0.jar"] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "outside",
    ["../escaped", "emulator/../../escaped", "/escaped", "..\\escaped", "emulator/lib/emulator-/../x.jar"],
)
def test_a_zip_with_an_escaping_member_is_refused(tmp_path: Path, outside: str) -> None:
    archive = zipped(**{"emulator/lib/emulator-1.0-all.jar": CONTENT, outside: b"elsewhere"})
    cache = tmp_path / "cache"
    with serving(sends(archive)) as server:
        assert "the archive does not have " in refused(source_of_zip(archive, server.address), cache)
    assert [cache] == list(tmp_path.iterdir())


@pytest.mark.parametrize("jars", [[], ["emulator-1.jar", "emulator-2.jar"]])
def test_a_zip_without_exactly_one_jar_is_refused(tmp_path: Path, jars: list[str]) -> None:
    archive = zipped(**{f"emulator/lib/{jar}": CONTENT for jar in jars})
    with serving(sends(archive)) as server:
        message = refused(source_of_zip(archive, server.address), tmp_path)
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
        message = refused(source_of_zip(archive, server.address), tmp_path)
    assert "the archive cannot be unpacked (" in message


def test_a_terminal_shows_a_bar_that_fills(tmp_path: Path) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=100)
    with serving(sends(CONTENT)) as server:
        download(source_of(CONTENT, server.address), tmp_path, progress_on(terminal))
    assert "Downloading the Test emulator" in screen.getvalue()
    assert "━" in screen.getvalue()
    assert "1.0/1.0 MB" in screen.getvalue()


def test_a_pipe_gets_a_line_at_the_start_and_one_at_the_end(tmp_path: Path) -> None:
    written = io.StringIO()
    pipe = Console(file=written, force_terminal=False, width=20)
    with serving(sends(CONTENT)) as server:
        download(source_of(CONTENT, server.address), tmp_path, progress_on(pipe))
    expected = "Downloading the Test emulator (1.0 MB)\nDownloaded the Test emulator\n"
    assert expected == written.getvalue()


def test_a_pipe_is_not_told_of_an_end_that_did_not_come(tmp_path: Path) -> None:
    written = io.StringIO()
    pipe = Console(file=written, force_terminal=False)
    with serving(sends(b"something else")) as server, pytest.raises(CliError):
        download(source_of(CONTENT, server.address), tmp_path, progress_on(pipe))
    assert written.getvalue() == "Downloading the Test emulator (1.0 MB)\n"
