"""The function that serves the web page."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.responses import Response

import web
from dataapi.gcp import settings
from dataapi.openapi import source
from dataapi.web import headers
from tests.support.functions.adapters import environment
from tests.support.functions.calls import answer, assert_error, content, request

ROOT = Path(__file__).parents[4]
UNUSED = "127.0.0.1:9"
GZIP = {"accept-encoding": "gzip, deflate, br"}


@pytest.fixture(autouse=True)
def page(tmp_path: Path) -> Iterator[Path]:
    """The folder of a page, which the function serves."""
    (tmp_path / "app").mkdir()
    (tmp_path / "index.html").write_text('<script type="module" src="/app/main.js"></script>')
    (tmp_path / "app" / "main.js").write_text("export {};\n")
    (tmp_path / "app" / "icon.png").write_bytes(b"\x89PNG")
    (tmp_path / "secret.txt").write_text("not served")
    with environment(UNUSED, PAGE_FOLDER=str(tmp_path)):
        web.dependencies.cache_clear()
        yield tmp_path
        web.dependencies.cache_clear()


async def get(target: str, sent: dict[str, str] | None = None) -> Response:
    return await answer(web.web, request("GET", target, sent))


async def digest() -> str:
    return str(content(await get("/app/config.json"))["release"])


async def test_the_page_is_html_that_refers_to_the_files_of_the_present_release() -> None:
    response = await get("/")
    assert (200, "text/html; charset=utf-8") == (response.status_code, response.headers["content-type"])
    assert f'src="/app/{await digest()}/main.js"'.encode() in bytes(response.body)


async def test_a_file_is_kept_by_browsers_for_a_year() -> None:
    response = await get(f"/app/{await digest()}/main.js")
    assert b"export {};\n" == response.body
    assert "text/javascript; charset=utf-8" == response.headers["content-type"]
    assert "public, max-age=31536000, immutable" == response.headers["cache-control"]


async def test_the_schema_of_records_is_a_file_of_the_page() -> None:
    response = await get(f"/app/{await digest()}/record.schema.json")
    assert json.loads((ROOT / "functions" / "record.schema.json").read_text()) == content(response)


@pytest.mark.parametrize("target", ["/", "/app/config.json"])
async def test_what_can_change_is_asked_for_each_time_and_answered_with_304_if_it_has_not(target: str) -> None:
    first = await get(target)
    assert "no-cache" == first.headers["cache-control"]
    again = await get(target, {"if-none-match": first.headers["etag"]})
    assert (304, b"", first.headers["etag"]) == (again.status_code, again.body, again.headers["etag"])
    assert first.headers["content-security-policy"] == again.headers["content-security-policy"]


async def test_a_changed_file_is_served_at_once_at_a_new_address(page: Path) -> None:
    before = await digest()
    (page / "app" / "main.js").write_text("export const changed = true;\n")
    after = await digest()
    assert before != after
    assert b"export const changed = true;\n" == (await get(f"/app/{after}/main.js")).body
    gone = await get(f"/app/{before}/main.js")
    assert_error(gone, 404, "Reload the page.")
    assert "no-store" == gone.headers["cache-control"]  # a roll-back brings the address back


async def test_without_a_folder_the_files_beside_the_function_are_served_as_in_the_archive(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (page / "web").mkdir()
    for name in ("app", "index.html"):
        (page / name).rename(page / "web" / name)
    for name in ("record.schema.json", "web_headers.toml"):
        (page / name).write_bytes((ROOT / "functions" / name).read_bytes())
    monkeypatch.delenv(settings.PAGE_FOLDER)
    monkeypatch.setattr(web, "_HERE", page)
    before = await digest()
    (page / "web" / "index.html").write_text("changed")
    assert before == await digest()


async def test_text_is_compressed_for_a_client_that_accepts_it() -> None:
    target = f"/app/{await digest()}/main.js"
    compressed, plain = await get(target, GZIP), await get(target)
    assert "gzip" == compressed.headers["content-encoding"]
    assert plain.body == gzip.decompress(compressed.body)
    assert "content-encoding" not in plain.headers
    assert {"Accept-Encoding"} < {*compressed.headers.getlist("vary")}


async def test_a_picture_is_never_compressed() -> None:
    response = await get(f"/app/{await digest()}/icon.png", GZIP)
    assert ("image/png", b"\x89PNG") == (response.headers["content-type"], response.body)
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("target", ["/", "/app/config.json", "/app/{digest}/main.js"])
async def test_every_file_has_the_headers_that_protect_the_page(target: str) -> None:
    response = await get(target.format(digest=await digest()))
    expected = headers.read(ROOT / "functions" / "web_headers.toml", identity_platform=False)
    assert expected.items() <= {name: response.headers[name] for name in expected}.items()


async def test_on_a_laptop_people_sign_in_at_the_address_that_the_stack_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.SIGN_IN_ENDPOINT, "http://127.0.0.1:1/authorize")
    monkeypatch.setenv(settings.SIGN_IN_CLIENT, "a-client")
    monkeypatch.setenv(settings.ROLE_CLAIM, "groups")
    assert {
        "release": await digest(),
        "signIn": {"authorizationEndpoint": "http://127.0.0.1:1/authorize", "clientId": "a-client"},
        "identityPlatform": None,
        "rolesClaim": "groups",
        "apiKey": None,
    } == content(await get("/app/config.json"))


async def test_in_the_cloud_people_sign_in_with_google(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.SIGN_IN_CLIENT, "1.apps.googleusercontent.com")
    configuration = content(await get("/app/config.json"))
    assert {
        "authorizationEndpoint": "https://accounts.google.com/o/oauth2/v2/auth",
        "clientId": "1.apps.googleusercontent.com",
    } == configuration["signIn"]


async def test_where_the_gateway_has_a_quota_the_page_has_an_api_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PAGE_API_KEY, "AIza")
    assert "AIza" == content(await get("/app/config.json"))["apiKey"]


async def test_without_a_client_nobody_can_sign_in() -> None:
    assert content(await get("/app/config.json"))["signIn"] is None


async def test_with_identity_platform_the_page_has_its_key_and_may_connect_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(settings.IDENTITY_PLATFORM_KEY, "AIza")
    response = await get("/app/config.json")
    assert {"apiKey": "AIza"} == content(response)["identityPlatform"]
    assert "https://securetoken.googleapis.com" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/app/",
        "/app/{digest}",
        "/app/{digest}/",
        "/app/{digest}/../secret.txt",
        "/app/{digest}/../../secret.txt",
        "/app/{digest}//main.js",
        "/app/{digest}/main.js/",
        "/app/{digest}/MAIN.JS",
        "/app/main.js",
        "/app/../../secret.txt",
        "/app/%2e%2e/secret.txt",
        "/app//etc/passwd",
        "/app/{digest}/main.js\x00.png",
        "/index.html",
        "/web/index.html",
    ],
)
async def test_only_files_of_the_release_are_served(path: str) -> None:
    response = await get(unquote(path.format(digest=await digest())))
    assert_error(response, 404, "")


async def test_the_contract_is_served_as_one_document_relative_to_its_address() -> None:
    response = await get("/openapi.json")
    assert (200, "application/json") == (response.status_code, response.headers["content-type"].partition(";")[0])
    assert source.read({"url": "/", "description": "Where this document is served."}) == content(response)


async def test_pages_of_every_origin_may_read_the_contract() -> None:
    response = await get("/openapi.json", {"origin": "https://anywhere.example.com"})
    assert ["*"] == response.headers.getlist("access-control-allow-origin")
    assert "cross-origin-resource-policy" not in response.headers


async def test_the_contract_that_is_unchanged_is_not_sent_again() -> None:
    response = await get("/openapi.json", {"if-none-match": (await get("/openapi.json")).headers["etag"]})
    assert (304, b"") == (response.status_code, response.body)
    assert "*" == response.headers["access-control-allow-origin"]
