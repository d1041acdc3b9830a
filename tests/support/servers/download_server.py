"""A server of downloads, and the emulator that a test downloads from it."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from data_api.shared.errors import CliError
from data_api.stack.emulators.download import Advance, Download, download

CONTENT = bytes(range(256)) * 4096  # a mebibyte: several chunks


Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class DownloadServer:
    """Answers every GET with `answer`, and counts."""

    address: str
    answer: Answer
    requests: list[str] = field(default_factory=list)


@contextmanager
def serving(answer: Answer) -> Iterator[DownloadServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append(self.path)
            with suppress(ConnectionError):  # a client that has heard enough
                server.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server = DownloadServer(f"http://127.0.0.1:{listening.server_port}/emulator.jar", answer)
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def sends(content: bytes, length: int | None = None) -> Answer:
    """Sends the content with this Content-Length (by default its length), and closes."""

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


def no_progress(_title: str, _size: int) -> AbstractContextManager[Advance]:
    return nullcontext(lambda _count: None)


def error_of(source: Download, cache: Path) -> str:
    """The message of the error, after a check that the cache is empty."""
    with pytest.raises(CliError) as error:
        download(source, cache, no_progress)
    assert list(cache.iterdir()) == []
    message = error.value.message
    assert message.startswith(f"The Test emulator could not be downloaded from {source.address}: ")
    assert message.endswith(", or set TEST_EMULATOR_HOST.")
    return message
