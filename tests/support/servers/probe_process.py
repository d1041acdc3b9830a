"""Runs the function `probe` as the cloud does, with a metadata server that makes its token."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from data_api.shared.ports import LOOPBACK, free_ports
from tests.support.servers.http_server import serving

SOURCE = Path(__file__).parents[3] / "functions" / "probe.py"
START = 60.0  # seconds
IDENTITY = "/computeMetadata/v1/instance/service-accounts/default/identity"
ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default/?recursive=true"

Token = Callable[[str], str]  # for an audience


@contextmanager
def probe_process(url: str, audience: str, token: Token, api_key: str = "") -> Iterator[httpx.Client]:
    """A client of the function, which calls the API at `url`."""
    (port,) = free_ports(1)
    with serving(_metadata(token)) as metadata_port:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "GOOGLE_"))},
            "FUNCTION_TARGET": "probe",
            "FUNCTION_SOURCE": str(SOURCE),
            "HOST": LOOPBACK,
            "PORT": str(port),
            "LOG_EXECUTION_ID": "false",
            "NO_PROXY": LOOPBACK,
            "no_proxy": LOOPBACK,
            "GCE_METADATA_HOST": f"{LOOPBACK}:{metadata_port}",
            "GCE_METADATA_IP": f"{LOOPBACK}:{metadata_port}",
            "GOOGLE_CLOUD_PROJECT": "a-project",
            "API_URL": url,
            "AUDIENCE": audience,
            "API_KEY": api_key,
        }
        framework = str(Path(sys.executable).with_name("functions-framework"))
        process = subprocess.Popen([framework], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=90) as client:
                _wait_until_it_answers(client, process)
                yield client
        finally:
            process.terminate()
            process.wait()


def _wait_until_it_answers(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        with suppress(httpx.TransportError):
            client.get("/nothing")
            return
        time.sleep(0.05)
    raise AssertionError("The function probe does not start.")


def _metadata(token: Token) -> type[BaseHTTPRequestHandler]:
    class Metadata(BaseHTTPRequestHandler):
        """https://cloud.google.com/compute/docs/instances/verifying-instance-identity"""

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = parse_qs(address.query)
            if address.path == IDENTITY and query.get("format") == ["full"]:
                self._answer("text/html", token(query["audience"][0]))
            elif self.path == ACCOUNT:
                self._answer("application/json", '{"email": "probe@a-project.iam.gserviceaccount.com", "scopes": []}')
            else:
                self._answer("text/html", "")

        def _answer(self, content_type: str, text: str) -> None:
            self.send_response(200)
            self.send_header("Metadata-Flavor", "Google")
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's
            pass

    return Metadata
