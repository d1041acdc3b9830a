"""The web page, as the gateway of a running stack serves it: without a token, protected, and safe to keep."""

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.support.servers.live_api import Api

ROOT = Path(__file__).parents[2]
HEADERS = tomllib.loads((ROOT / "functions" / "web_headers.toml").read_text())


def test_the_address_of_the_api_opens_as_the_page(api: "Api") -> None:
    page = httpx.get(f"{api.url}/")
    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert "no-cache" == page.headers["cache-control"]
    references = re.findall(r'(?:src|href)="(/app/[^"]+)"', page.text)
    assert references
    for reference in references:
        file = httpx.get(api.url + reference)
        assert (200, "public, max-age=31536000, immutable") == (file.status_code, file.headers["cache-control"])


def test_the_page_has_every_header_that_protects_it(api: "Api") -> None:
    sent = httpx.get(f"{api.url}/").headers
    assert [] == [name for name in HEADERS if name not in sent]
    assert "default-src 'none'; script-src 'self';" in sent["content-security-policy"]


def test_a_browser_that_has_the_page_is_told_that_it_is_current(api: "Api") -> None:
    for path in ("/", "/app/config.json"):
        tag = httpx.get(api.url + path).headers["etag"]
        assert 304 == httpx.get(api.url + path, headers={"if-none-match": tag}).status_code


def test_the_gateway_passes_compressed_files_on(api: "Api") -> None:
    assert "gzip" == httpx.get(f"{api.url}/", headers={"accept-encoding": "gzip"}).headers["content-encoding"]
    assert "content-encoding" not in httpx.get(f"{api.url}/", headers={"accept-encoding": "identity"}).headers


@pytest.mark.parametrize("path", ["/app/0000000000000000/main.js", "/app/..%2fweb.py", "/app/", "/app/a/b/c/d"])
def test_a_file_of_no_release_is_404(api: "Api", path: str) -> None:
    answer = httpx.get(api.url + path)
    assert (404, 404) == (answer.status_code, answer.json()["code"])
