"""Signs tokens that look like Google's, with a key of this machine.

Owns the local signing key, the public key set that the gateway verifies with, and the claims: those of an ID
token of Google, and of one of Identity Platform. A token may be made wrong on purpose, so that tests can show
what the gateway and the functions do with it.
"""

import base64
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from data_api.shared import stack_state
from data_api.shared.contract import Json, load_contract, providers
from data_api.shared.errors import CliError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LIFETIME = 3600  # seconds; both issuers' tokens live an hour
KEY_SIZE = 2048  # bits


class Issuer(StrEnum):
    """Whose tokens can be imitated, as the command line names them."""

    GOOGLE = "google"
    IDENTITY_PLATFORM = "identity-platform"


SCHEMES = {Issuer.GOOGLE: "google", Issuer.IDENTITY_PLATFORM: "identityPlatform"}  # as the contract names them


def signing_key(path: Path) -> "RSAPrivateKey":
    """Made on first use; processes that start at once get one and the same. Refuses with CliError."""
    try:
        pem = path.read_bytes() if path.exists() else _make_key(path)
    except OSError as error:
        raise CliError(
            f"The signing key cannot be stored in {path} ({error.strerror}): "
            "make the file and its folder readable and writable, then try again."
        ) from error
    return _read_key(pem, path)


def jwks(key: "RSAPrivateKey") -> Json:
    """The public half as a JSON Web Key Set (RFC 7517)."""
    return {"keys": [{**_public_members(key), "alg": "RS256", "use": "sig", "kid": _key_id(key)}]}


def token(  # noqa: PLR0913 - each is a thing that can be said about a user
    contract: Json,
    key: "RSAPrivateKey",
    issuer: Issuer,
    user: str,
    *,
    email: str | None = None,
    roles: Sequence[str] = (),
    extra: Mapping[str, object] | None = None,
) -> str:
    """A token for `user`, whose e-mail address is at example.com if none is given.

    A claim in `extra` takes the place of any other; given as None it is left out of the token.
    Refuses with CliError an issuer whose tokens the contract does not accept.
    """
    # 0.1 s, most of the time that a token takes: nothing else in the local stack should pay for it.
    from google.auth import crypt, jwt  # noqa: PLC0415 - see above

    claims = _claims(contract, issuer, user, email or _address(user))
    claims |= {"Role": list(roles)} if roles else {}
    claims |= extra or {}
    present = {name: value for name, value in claims.items() if value is not None}
    signer = crypt.RSASigner(key, _key_id(key))  # type: ignore[no-untyped-call]  # google-auth's are
    signed: bytes = jwt.encode(signer, present)  # type: ignore[no-untyped-call]  # the same
    return signed.decode("ascii")


def local_token(user: str, roles: Sequence[str]) -> str:
    """A token of the local stack for `user` with these roles; raises CliError."""
    key = signing_key(stack_state.home(os.environ) / stack_state.SIGNING_KEY)
    return token(load_contract(), key, Issuer.GOOGLE, user, roles=roles)


def _make_key(path: Path) -> bytes:
    """The process that links its complete file to the name first has made the key; all others use that key."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - needed once in a key's life
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - the same

    pem = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-") as made:  # for its owner only: mode 0600
        made.write(pem)
        made.flush()
        with suppress(FileExistsError):
            os.link(made.name, path)
    return path.read_bytes()


def _read_key(pem: bytes, path: Path) -> "RSAPrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - `status` reads no key
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - the same

    key = None
    with suppress(ValueError, TypeError, UnsupportedAlgorithm):  # not a key, one with a password, an odd one
        key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise CliError(f"{path} is not an RSA private key: delete it, and the next start creates a new one.")
    return key


def _claims(contract: Json, issuer: Issuer, user: str, email: str) -> Json:
    provider = providers(contract).get(SCHEMES[issuer])
    if provider is None:
        raise CliError(
            f"The contract accepts no tokens of {issuer}: "
            f"add the security scheme {SCHEMES[issuer]} to openapi.yaml, or choose another issuer."
        )
    now = int(time.time())
    claims: Json = {
        "iss": provider.issuer,
        "aud": provider.audiences[0],
        "sub": user,
        "email": email,
        "email_verified": True,
        "iat": now,
        "exp": now + LIFETIME,
    }
    return claims | _firebase_claims(claims) if issuer is Issuer.IDENTITY_PLATFORM else claims


def _firebase_claims(claims: Json) -> Json:
    return {
        "auth_time": claims["iat"],
        "user_id": claims["sub"],
        "firebase": {"identities": {"email": [claims["email"]]}, "sign_in_provider": "password"},
    }


def _address(user: str) -> str:
    return user if "@" in user else f"{user}@example.com"


def _public_members(key: "RSAPrivateKey") -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {"e": _base64url_uint(numbers.e), "kty": "RSA", "n": _base64url_uint(numbers.n)}


def _key_id(key: "RSAPrivateKey") -> str:
    """The key's thumbprint (RFC 7638), so that another key never has the same id."""
    canonical = json.dumps(_public_members(key), separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _base64url_uint(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
