"""Merges the key set of the local issuer with another one that the user trusts (`data-api up --trust-jwks`)."""

import json
import re
from collections.abc import Mapping

from data_api.shared.contract import Json
from data_api.shared.errors import CliError

PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})  # RFC 7518, section 6
PUBLIC_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


def merged_jwks(local: Json, extra: str) -> Json:
    """The local key set with the keys of another one, which is given as JSON text.

    Raises CliError unless that is a set of public keys, because Envoy silently ignores a key that it cannot use.
    """
    try:
        keys = json.loads(extra)["keys"]
        problem = next(filter(None, map(_problem, keys)), None) if keys else "it has no keys"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        problem = 'it is not a JSON object with a list of "keys"'
    if problem:
        raise CliError(f"The key set is rejected: {problem}; give a JWKS of RSA or EC public keys.")
    return {"keys": [*local["keys"], *keys]}


def _problem(key: Mapping[str, object]) -> str | None:
    if PRIVATE_MEMBERS & key.keys():
        return "it has a private key"
    members = PUBLIC_MEMBERS.get(str(key.get("kty")))
    if members is None:
        return f"it has a key of the type {key.get('kty')!r}"
    if not all(_is_base64url(key.get(member)) for member in members):
        return f"it has a key without {' or '.join(members)}"
    return None


def _is_base64url(value: object) -> bool:
    return isinstance(value, str) and bool(BASE64URL.fullmatch(value))
