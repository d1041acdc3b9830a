"""Signs valid and invalid tokens of all kinds.

The form of a valid token is in `data_api.shared.local_tokens`.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from joserfc import jwt
from joserfc.jwk import RSAKey

from data_api.shared.contract import Json
from data_api.shared.local_tokens import Issuer, token

HOUR = 3600  # seconds


@dataclass(frozen=True)
class Signer:
    """Signs tokens. The gateway trusts `key`, and not `stranger`."""

    contract: Json
    key: RSAKey
    stranger: RSAKey

    def token(self, issuer: Issuer = Issuer.GOOGLE, user: str = "ada", **claims: object) -> str:
        return token(self.contract, self.key, issuer, user, extra=claims)

    def strangers(self) -> str:
        return token(self.contract, self.stranger, Issuer.GOOGLE, "ada")

    def strangers_with_our_key_id(self) -> str:
        header, payload, _ = self.token().split(".")
        claims, key_id = json.loads(decoded(payload)), json.loads(decoded(header))["kid"]
        return jwt.encode({"alg": "RS256", "kid": key_id}, claims, self.stranger)

    def unsigned(self) -> str:
        """`alg: none` with a signature, because a token without one is rejected as malformed."""
        _, payload, signature = self.token().split(".")
        return f"{self._header('none')}.{payload}.{signature}"

    def signed_with_the_public_key(self) -> str:
        """`alg: HS256`, signed with the public key: a wrong verifier would accept it as a shared secret."""
        signed = f"{self._header('HS256')}.{self.token().split('.')[1]}"
        secret = self.key.as_pem(private=False)
        return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"

    def _header(self, algorithm: str) -> str:
        header = json.loads(decoded(self.token().split(".")[0]))
        return encoded(json.dumps({**header, "alg": algorithm}).encode())


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def bearer(text: str) -> Sequence[tuple[str, str]]:
    return [("Authorization", f"Bearer {text}")]


def soon() -> int:
    return int(time.time()) + HOUR


def past() -> int:
    return int(time.time()) - HOUR
