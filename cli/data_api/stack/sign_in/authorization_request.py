"""Reads an authorization request of OpenID Connect, as Google's authorization endpoint takes it.

https://openid.net/specs/openid-connect-core-1_0.html#ImplicitAuthRequest. An invalid request is answered with an
error page, because nothing in it may choose where the browser goes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

MAX_FIELDS = 50
PARAMETERS = ("client_id", "redirect_uri", "response_type", "scope", "nonce", "state", "prompt", "login_hint")
PROMPTS = ("", "none", "select_account")
REQUIRED_SCOPES = {"openid", "email"}


class InvalidRequestError(Exception):
    """The message says which parameter is wrong and what to send."""


@dataclass(frozen=True)
class Client:
    """The one registered client, and the exact addresses to which users return."""

    id: str
    redirect_uris: Collection[str]


@dataclass(frozen=True)
class AuthorizationRequest:
    """A valid request."""

    redirect_uri: str
    nonce: str
    state: str | None
    prompt: str  # none, select_account, or empty
    login_hint: str  # a user or an e-mail address, or empty
    parameters: Mapping[str, str]  # as they were sent

    def answer(self, **fields: str) -> str:
        """The address to return to, with these fields and the state in its fragment."""
        state = {} if self.state is None else {"state": self.state}
        return f"{self.redirect_uri}#{urlencode(fields | state)}"


def parse(text: str, client: Client) -> tuple[AuthorizationRequest, Sequence[tuple[str, str]]]:
    """The request in a query or a form, and the other fields; raises InvalidRequestError."""
    try:
        fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise InvalidRequestError("The parameters cannot be read: percent-encode them as UTF-8.") from error
    sent = [(name, value) for name, value in fields if name in PARAMETERS]
    parameters = dict(sent)
    if len(parameters) < len(sent):  # RFC 6749, section 3.1
        raise InvalidRequestError("A parameter was sent twice: send each once.")
    others = [(name, value) for name, value in fields if name not in PARAMETERS]
    return _validated(parameters, client), others


def _validated(parameters: Mapping[str, str], client: Client) -> AuthorizationRequest:
    if parameters.get("client_id") != client.id:
        raise InvalidRequestError(f"client_id is not known: send {client.id}.")
    if parameters.get("redirect_uri") not in client.redirect_uris:
        raise InvalidRequestError(f"redirect_uri is not registered: send {' or '.join(client.redirect_uris)}.")
    if parameters.get("response_type") != "id_token":
        raise InvalidRequestError("response_type is not supported: send id_token.")
    if not set(parameters.get("scope", "").split()) >= REQUIRED_SCOPES:
        raise InvalidRequestError("scope must name openid and email.")
    if not parameters.get("nonce"):
        raise InvalidRequestError("nonce is missing: send a new random value, and compare it with that in the token.")
    if parameters.get("prompt", "") not in PROMPTS:
        raise InvalidRequestError("prompt is not supported: send none or select_account, or leave it out.")
    return AuthorizationRequest(
        redirect_uri=parameters["redirect_uri"],
        nonce=parameters["nonce"],
        state=parameters.get("state"),
        prompt=parameters.get("prompt", ""),
        login_hint=parameters.get("login_hint", ""),
        parameters=parameters,
    )
