"""Runs a JavaScript module in Node.js or in Chromium, and gives what it prints.

In Chromium the module is in a page of http://127.0.0.1, so that it calls the API from another origin, as web pages do.
It reads its variables from `process.env` in both.
"""

import html
import json
import os
import re
import subprocess
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from shutil import which

from tests.support.servers.http_server import serving

LIMIT = 60  # seconds
CHROMIUM = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Headless Chromium prints the page once nothing happens any more, or after so many milliseconds of the page's own time.
_OPTIONS = ("--headless", "--disable-gpu", "--virtual-time-budget=30000", "--dump-dom")
_PAGE = """<!doctype html><meta charset="utf-8"><pre></pre><script>
globalThis.process = { env: %s };
console.log = (text) => document.querySelector("pre").append(text + "\\n");
</script><script type="module">%s</script>"""


def in_node(module: str, variables: Mapping[str, str], folder: Path) -> str:
    """Raises AssertionError with what Node.js says if the module fails."""
    file = folder / "module.mjs"
    file.write_text(module)
    environ = {**os.environ, **variables}
    done = subprocess.run(
        ["node", str(file)],  # noqa: S607 - the user's
        env=environ,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def in_chromium(module: str, variables: Mapping[str, str], folder: Path) -> str:
    """A module that fails prints less; Chromium's own messages are in its standard error."""
    assert CHROMIUM
    page = (_PAGE % (json.dumps(dict(variables)), module)).encode()
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with serving(_page_handler(page)) as port:
        command = [CHROMIUM, *_OPTIONS, *as_root, f"--user-data-dir={folder / 'profile'}", f"http://127.0.0.1:{port}/"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    printed = re.search(r"<pre>(.*?)</pre>", done.stdout, re.DOTALL)
    assert printed, done.stderr
    return html.unescape(printed[1])


def _page_handler(page: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
