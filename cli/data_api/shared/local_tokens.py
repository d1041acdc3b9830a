"""Signs tokens that look like Google's, with a key of this machine.

Owns the local signing key, the public key set that the gateway verifies with, and the claims of an ID token of Google
and of Identity Platform. Tests make invalid tokens with it, too.
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

LIFETIME = 3600  # seconds; both issuers' tokens live an hour
KEY_SIZE = 2048  # bits
ALGORITHM = "RS256"


class Issuer(StrEnum):
    """Whose tokens can be imitated, as the command line names them."""

    GOOGLE = "google"
    IDENTITY_PLATFORM = "identity-platform"


SCHEMES = {Issuer.GOOGLE: "google", Issuer.IDENTITY_PLATFORM: "identityPlatform"}  # as the contract names them


def signing_key(path: Path) -> "RSAKey":
    """Made on first use; processes that start at once get one and the same. Refuses with CliError."""
    try:
        pem = path.read_bytes() if path.exists() else _make_key(path)
    except OSError as error:
        raise CliError(
            f"The signing key cannot be stored in {path} ({error.strerror}): "
            "make the file and its folder readable and writable, then try again."
        ) from error
    return _read_key(pem, path)


def jwks(key: "RSAKey") -> Json:
    """The public half as a JSON Web Key Set (RFC 7517)."""
    return {"keys": [{**key.as_dict(private=False), "alg": ALGORITHM, "use": "sig", "kid": key.thumbprint()}]}


def token(  # noqa: PLR0913 - each is a thing that can be said about a user
    contract: Json,
    key: "RSAKey",
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
    from joserfc import jwt  # noqa: PLC0415 - 0.1 s, which `data-api status` and others need not wait for

    claims = _claims(contract, issuer, user, email or _address(user))
    claims |= {"Role": list(roles)} if roles else {}
    claims |= extra or {}
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": ALGORITHM, "kid": key.thumbprint()}, present, key)


def local_token(user: str, roles: Sequence[str]) -> str:
    """A token of the local stack for `user` with these roles; raises CliError."""
    key = signing_key(stack_state.home(os.environ) / stack_state.SIGNING_KEY)
    return token(load_contract(), key, Issuer.GOOGLE, user, roles=roles)


def _make_key(path: Path) -> bytes:
    """The process that links its complete file to the name first has made the key; all others use that key."""
    from joserfc.jwk import RSAKey  # noqa: PLC0415 - as above

    pem = RSAKey.generate_key(KEY_SIZE).as_pem(private=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-") as file:  # for its owner only: mode 0600
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


def _address(user: str) -> str:
    return user if "@" in user else f"{user}@example.com"
