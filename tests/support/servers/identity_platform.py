"""Imitates the two calls of Identity Platform's REST API that the web page makes, over TLS on a free loopback port.

The answers have the fields and the error messages of the official emulator (firebase-tools 15.34.2). That one signs its
tokens with nothing, so no gateway accepts them; these are signed with a local stack's key.
"""

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError

from data_api.shared import contract, local_tokens

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

API_KEY = "AIzaLocalIdentityPlatform"
HOSTS = ("identitytoolkit.googleapis.com", "securetoken.googleapis.com")
SIGN_IN, TOKEN = "/v1/accounts:signInWithIdp", "/v1/token"
LIFETIME = "3600"  # seconds


class RejectedError(Exception):
    """The message of an answer with status 400."""


@dataclass
class IdentityPlatform:
    """Its users, and what was asked of it."""

    key: "RSAKey"
    claims: dict[str, Mapping[str, object]] = field(default_factory=dict)  # custom claims by e-mail address
    refresh_tokens: dict[str, str] = field(default_factory=dict)  # to the e-mail address of their user
    calls: list[str] = field(default_factory=list)  # the paths
    faults: list[int] = field(default_factory=list)  # statuses of the next answers
    port: int = 0

    @property
    def resolver_rules(self) -> str:
        """An argument of Chromium: Google's hosts are this server."""
        return "--host-resolver-rules=" + ",".join(f"MAP {host} 127.0.0.1:{self.port}" for host in HOSTS)

    def answer(self, path: str, api_key: str, content_type: str, body: str) -> dict[str, Any]:
        """The answer to a POST; raises RejectedError."""
        if api_key != API_KEY:
            raise RejectedError("API key not valid. Please pass a valid API key.")
        media_type = content_type.partition(";")[0]
        if (path, media_type) == (SIGN_IN, "application/json"):
            return self._sign_in(json.loads(body))
        if (path, media_type) == (TOKEN, "application/x-www-form-urlencoded"):
            return self._renew(dict(parse_qsl(body)))
        raise RejectedError("INVALID_REQ_TYPE")

    def _sign_in(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        credential = dict(parse_qsl(asked["postBody"]))
        if (credential["providerId"], asked["returnSecureToken"]) != ("google.com", True) or not asked["requestUri"]:
            raise RejectedError("INVALID_CREDENTIAL_OR_PROVIDER_ID")
        try:
            claims = jwt.decode(credential["id_token"], self.key).claims
        except (JoseError, ValueError) as error:
            raise RejectedError("INVALID_IDP_RESPONSE : the ID token is invalid") from error
        email = claims["email"]
        tokens = {"idToken": self._token(email), "refreshToken": self._refresh_token(email), "expiresIn": LIFETIME}
        return {"kind": "identitytoolkit#VerifyAssertionResponse", "localId": _user_id(email), "email": email, **tokens}

    def _renew(self, asked: Mapping[str, str]) -> dict[str, Any]:
        if asked.get("grant_type") != "refresh_token":
            raise RejectedError("INVALID_GRANT_TYPE")
        email = self.refresh_tokens.get(asked.get("refresh_token", ""))
        if email is None:
            raise RejectedError("INVALID_REFRESH_TOKEN")
        token = self._token(email)
        tokens = {"id_token": token, "access_token": token, "refresh_token": asked["refresh_token"]}
        return {**tokens, "token_type": "Bearer", "expires_in": LIFETIME, "user_id": _user_id(email)}

    def _token(self, email: str) -> str:
        issuer = local_tokens.Issuer.IDENTITY_PLATFORM
        document, extra = contract.load_contract(), self.claims.get(email, {})
        return local_tokens.token(document, self.key, issuer, _user_id(email), email=email, extra=extra)

    def _refresh_token(self, email: str) -> str:
        token = f"refresh-{len(self.refresh_tokens)}-{time.monotonic_ns()}"
        self.refresh_tokens[token] = email
        return token


@contextmanager
def serving_identity_platform(signing_key: Path, folder: Path) -> Iterator[IdentityPlatform]:
    """Serves it for the length of the block; `folder` is for its certificate, which nobody trusts."""
    platform = IdentityPlatform(local_tokens.signing_key(signing_key))
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(platform)) as server:
        server.socket = _tls(folder).wrap_socket(server.socket, server_side=True)
        platform.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield platform
        finally:
            server.shutdown()
            thread.join()


def _user_id(email: str) -> str:
    return f"id-{email.partition('@')[0]}"


def _handler(platform: IdentityPlatform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self._send(204, b"")

        def do_POST(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            platform.calls.append(address.path)
            if platform.faults:
                status = platform.faults.pop(0)
                self._send(status, json.dumps({"error": {"code": status, "message": "UNAVAILABLE"}}).encode())
                return
            try:
                api_key = dict(parse_qsl(address.query)).get("key", "")
                answer = platform.answer(address.path, api_key, self.headers["content-type"], body)
                self._send(200, json.dumps(answer).encode())
            except RejectedError as error:
                self._send(400, json.dumps({"error": {"code": 400, "message": str(error)}}).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("access-control-allow-origin", self.headers.get("origin", ""))
            self.send_header("access-control-allow-methods", "POST")
            self.send_header("access-control-allow-headers", "content-type")
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _tls(folder: Path) -> ssl.SSLContext:
    """With a new self-signed certificate for Google's hosts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
