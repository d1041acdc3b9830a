"""Signs tokens with the same claims as Google's, with a key of this machine.

Owns the local signing key, the public key set with which the gateway verifies tokens, and the claims of an ID token of
Google and of Identity Platform. Tests also make invalid tokens with it.
"""

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
    from joserfc.jwk import RSAKey

LIFETIME = 3600  # seconds; the tokens of both issuers are valid for an hour
KEY_SIZE = 2048  # bits
ALGORITHM = "RS256"


class Issuer(StrEnum):
    """The issuers whose tokens can be imitated, with their names on the command line."""

    GOOGLE = "google"
    IDENTITY_PLATFORM = "identity-platform"


SCHEMES = {Issuer.GOOGLE: "google", Issuer.IDENTITY_PLATFORM: "identityPlatform"}  # security schemes of the contract


def signing_key(path: Path) -> "RSAKey":
    """The key in this file, which is created on first use; raises CliError.

    Processes that create it at the same time get the same key.
    """
    try:
        pem = path.read_bytes() if path.exists() else _create_key(path)
    except OSError as error:
        raise CliError(
            f"The signing key cannot be stored in {path} ({error.strerror}): "
            "make the file and its folder readable and writable, "
            f"or set {stack_state.HOME_VARIABLE} to a writable folder."
        ) from error
    return _read_key(pem, path)


def jwks(key: "RSAKey") -> Json:
    """The public half as a JSON Web Key Set (RFC 7517)."""
    return {"keys": [{**key.as_dict(private=False), "alg": ALGORITHM, "use": "sig", "kid": key.thumbprint()}]}


def token(  # noqa: PLR0913 - one for each choice
    contract: Json,
    key: "RSAKey",
    issuer: Issuer,
    user: str,
    *,
    email: str | None = None,
    roles: Sequence[str] = (),
    extra: Mapping[str, object] | None = None,
) -> str:
    """A token for `user`; the default e-mail address is at example.com.

    A claim in `extra` replaces one of the same name; the value None removes it.
    Raises CliError if the contract does not accept the issuer's tokens.
    """
    from joserfc import jwt  # noqa: PLC0415 - takes 0.1 s, and `data-api status` and others do not need it

    claims = _claims(contract, issuer, user, email or email_of(user))
    claims |= {"Role": list(roles)} if roles else {}
    claims |= extra or {}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": ALGORITHM, "kid": key.thumbprint()}, claims, key)


def local_token(user: str, roles: Sequence[str]) -> str:
    """A token of the local stack for `user` with these roles; raises CliError."""
    key = signing_key(stack_state.home(os.environ) / stack_state.SIGNING_KEY)
    return token(load_contract(), key, Issuer.GOOGLE, user, roles=roles)


def _create_key(path: Path) -> bytes:
    """The key of the process that first links its complete file to the path; all other processes use that key, too."""
    from joserfc.jwk import RSAKey  # noqa: PLC0415 - as above

    pem = RSAKey.generate_key(KEY_SIZE).as_pem(private=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-") as file:  # only its owner can read it: mode 0600
        file.write(pem)
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)
    return path.read_bytes()


def _read_key(pem: bytes, path: Path) -> "RSAKey":
    from joserfc.errors import JoseError  # noqa: PLC0415 - as above
    from joserfc.jwk import RSAKey  # noqa: PLC0415 - as above

    try:
        key = RSAKey.import_key(pem)
        is_private = key.is_private
    except (JoseError, ValueError, TypeError):  # not a key, one with a password, one of another algorithm
        is_private = False
    if not is_private:
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


def email_of(user: str) -> str:
    """The e-mail address of a user, who may be named by it."""
    return user if "@" in user else f"{user}@example.com"
