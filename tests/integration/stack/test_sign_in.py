"""The local sign-in page as a server: the token that a user brings back, and requests that are too large."""

import contextlib
import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt

from data_api.shared.local_tokens import signing_key
from data_api.stack.sign_in.server import CLIENT_ID, LARGEST, redirect_uris, serving_sign_in

ASKED = {
    "client_id": CLIENT_ID,
    "redirect_uri": redirect_uris(8080)[0],
    "response_type": "id_token",
    "scope": "openid email",
    "nonce": "n-1",
}


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "key.pem"


@pytest.fixture(scope="module")
def address(key_file: Path) -> Iterator[str]:
    with serving_sign_in(8080, key_file, "groups") as result:
        yield result


def post(address: str, fields: dict[str, str]) -> httpx.Response:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    return httpx.post(address, data=fields, headers={"origin": origin})


def test_the_token_is_signed_for_the_page_with_the_nonce_and_the_roles(address: str, key_file: Path) -> None:
    answer = post(address, {**ASKED, "user": "ada@example.org", "role": "data.read"})
    assert 303 == answer.status_code
    (token,) = parse_qs(urlsplit(answer.headers["location"]).fragment)["id_token"]
    claims = jwt.decode(token, signing_key(key_file)).claims
    expected = {
        "iss": "https://accounts.google.com",
        "aud": CLIENT_ID,
        "azp": CLIENT_ID,
        "sub": "ada@example.org",
        "name": "ada@example.org",
        "email": "ada@example.org",
        "nonce": "n-1",
        "groups": ["data.read"],
    }
    assert expected.items() <= claims.items()
    assert claims["exp"] == claims["iat"] + 3600


def test_the_page_and_its_style_sheet_are_served(address: str) -> None:
    shown = httpx.get(address, params=ASKED)
    assert (200, "text/html; charset=utf-8") == (shown.status_code, shown.headers["content-type"])
    assert 200 == httpx.get(f"{address}.css").status_code


@pytest.mark.parametrize("length", [str(LARGEST + 1), "-1", "x"])
def test_a_form_that_is_too_large_is_not_read(address: str, length: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)  # httpx sends no wrong length
    with contextlib.closing(connection):
        connection.request("POST", "/authorize", headers={"content-length": length})
        assert 413 == connection.getresponse().status


def test_the_server_speaks_to_this_machine_alone(address: str) -> None:
    assert "127.0.0.1" == urlsplit(address).hostname


def test_a_stopped_server_accepts_no_connection(tmp_path: Path) -> None:
    with serving_sign_in(8080, tmp_path / "key.pem", "Role") as address:
        assert 200 == httpx.get(address, params=ASKED).status_code
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
