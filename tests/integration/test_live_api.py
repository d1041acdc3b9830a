"""How tests of a deployed stack sign tokens: the real google-auth, and a fake of IAM that really signs."""

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.auth import iam, jwt

from tests.support.servers.http_server import serving
from tests.support.servers.live_api import elsewhere

TESTER = "tester@a-project.iam.gserviceaccount.com"
SIGN = f"/{TESTER}:signBlob"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def google(key: rsa.RSAPrivateKey) -> Iterator[tuple[str, list[str]]]:
    """The address of the fake, and the requested paths."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            paths.append(self.path)
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = {"access_token": "access", "expires_in": 3_600}
            if self.path == SIGN:
                signed = key.sign(base64.b64decode(json.loads(body)["payload"]), padding.PKCS1v15(), hashes.SHA256())
                answer = {"keyId": "1", "signedBlob": base64.b64encode(signed).decode()}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as port:
        yield f"http://127.0.0.1:{port}", paths


@pytest.fixture
def environ(
    google: tuple[str, list[str]], key: rsa.RSAPrivateKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of a machine whose credential may sign as the tester."""
    url, _ = google
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    account = {"type": "service_account", "client_email": "robot@x", "private_key": pem, "token_uri": f"{url}/token"}
    file = tmp_path / "credential.json"
    file.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    monkeypatch.setattr(iam, "_IAM_SIGN_ENDPOINT", url + "/{}:signBlob")
    return {"DATA_API_AUDIENCE": "an-audience", "DATA_API_TESTER": TESTER}


def test_the_tester_signs_the_tokens_for_a_deployed_stack(
    environ: dict[str, str], google: tuple[str, list[str]], key: rsa.RSAPrivateKey
) -> None:
    api = elsewhere("https://data-api.example", environ)

    token = api.token("ada", "data.read", claims={"hd": "example.com", "email": None})

    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(token, certs=public, audience="an-audience")  # type: ignore[no-untyped-call]  # google-auth's
    assert (TESTER, "ada", ["data.read"], "example.com") == tuple(
        claims[claim] for claim in ("iss", "sub", "Role", "hd")
    )
    assert "email" not in claims
    assert ["/token", SIGN] == google[1]


def test_a_deployed_stack_without_a_tester_is_reported(environ: dict[str, str]) -> None:
    api = elsewhere("https://data-api.example", {**environ, "DATA_API_TESTER": ""})

    with pytest.raises(AssertionError, match="set DATA_API_TESTER to the stack's output `tester`"):
        api.token("ada")
