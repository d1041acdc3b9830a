"""Takes the spans that the functions send: OTLP over HTTP, on this machine alone.

Owns the server, a thread of the supervisor's process on a port that the operating system has free.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from data_api.shared.ports import LOOPBACK
from data_api.shared.traces.spans import Span
from data_api.stack.traces.otlp import from_otlp

PATH = "/v1/traces"
LARGEST = 16 * 2**20  # bytes of a request; the functions send 512 spans at once, some KB

Take = Callable[[list[Span]], None]


@contextmanager
def receiving(take: Take) -> Iterator[str]:
    """For the length of the block; yields the endpoint as OTEL_EXPORTER_OTLP_ENDPOINT wants it."""

    class _Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # one connection for many exports
        timeout = 60  # seconds of silence on a connection

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if self.path != PATH or not length.isdecimal() or int(length) > LARGEST:
                self.close_connection = True  # its body is not read
                self._answer(HTTPStatus.NOT_FOUND if self.path != PATH else HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            body = self.rfile.read(int(length))
            try:
                spans = from_otlp(body)
            except ValueError:
                self._answer(HTTPStatus.BAD_REQUEST)
                return
            take(spans)
            self._answer(HTTPStatus.OK)

        def _answer(self, status: HTTPStatus) -> None:
            """An empty message is what OTLP says where all went well."""
            self.send_response(status)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """The terminal is for the stack."""

    with ThreadingHTTPServer((LOOPBACK, 0), _Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, name="spans", daemon=True).start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
