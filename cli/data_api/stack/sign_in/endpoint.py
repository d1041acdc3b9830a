"""Answers the requests of the local sign-in page: what Google's authorization endpoint does, without passwords.

It is strict, because any page in a browser of this machine can reach it: only its own address as Host (against DNS
rebinding), posts only from its own form, and answers only to the registered addresses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie

from data_api.shared import local_tokens
from data_api.stack.sign_in import pages
from data_api.stack.sign_in.authorization_request import AuthorizationRequest, Client, InvalidRequestError, parse
from data_api.stack.sign_in.sessions import Account, Sessions

PATH = "/authorize"
STYLE_SHEET = "/authorize.css"
Sign = Callable[[Account, str], str]  # an account and a nonce to an ID token


@dataclass(frozen=True)
class Request:
    """A request as the server received it; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body."""

    status: HTTPStatus
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Endpoint:
    """The endpoint of one stack."""

    def __init__(self, origin: str, client: Client, sign: Sign) -> None:
        self._origin = origin
        self._client = client
        self._sign = sign
        self._sessions = Sessions()
        host, _, port = origin.removeprefix("http://").rpartition(":")
        self._host = f"{host}:{port}"
        self._cookie = f"data-api-sign-in-{port}"  # browsers do not separate the cookies of ports

    def answer(self, request: Request) -> Answer:
        """The answer to any request, with the headers that all answers have."""
        try:
            answer = self._answer(request)
        except InvalidRequestError as error:
            answer = _error(HTTPStatus.BAD_REQUEST, str(error))
        return Answer(answer.status, answer.body, {**self._common_headers(), **answer.headers})

    def _answer(self, request: Request) -> Answer:
        if problem := self._problem(request):
            return _error(HTTPStatus.FORBIDDEN, problem)
        match request.method, request.path:
            case "GET", "/authorize.css":
                return Answer(HTTPStatus.OK, pages.style_sheet(), {"content-type": "text/css; charset=utf-8"})
            case "GET", "/authorize":
                return self._get(request)
            case "POST", "/authorize":
                return self._post(request)
        return _error(HTTPStatus.NOT_FOUND, f"There is nothing here: the sign-in page is {self._origin}{PATH}.")

    def _problem(self, request: Request) -> str | None:
        if request.headers.get("host") != self._host:
            return f"The header Host must be {self._host}: open the web page at the address that `data-api up` prints."
        origin = request.headers.get("origin")
        if origin != self._origin and not (origin is None and request.method == "GET"):
            return "Only the form of this page may post here: go back and sign in again."
        if request.headers.get("sec-fetch-mode", "navigate") != "navigate" and request.path != STYLE_SHEET:
            return "Scripts may not call this page: navigate to it."
        return None

    def _get(self, request: Request) -> Answer:
        """Signs in without a question if there is a session and the request allows it."""
        asked, _ = parse(request.query, self._client)
        account = self._signed_in(request)
        is_meant = account is not None and account.is_meant_by(asked.login_hint)
        if account and is_meant and asked.prompt != "select_account":
            return self._signed(asked, account)
        if asked.prompt == "none":
            return _redirect(asked.answer(error="interaction_required" if account else "login_required"))
        user = asked.login_hint.removesuffix("@example.com") or (account.user if account else "ada")
        roles = account.roles if account and is_meant else pages.ROLES
        return _page(pages.choice(asked.parameters, user=user, roles=roles))

    def _post(self, request: Request) -> Answer:
        asked, fields = parse(request.body, self._client)
        chosen = dict(fields)
        if "cancel" in chosen:
            return _redirect(asked.answer(error="access_denied"))
        user = chosen.get("user", "").strip()
        roles = tuple(role for role in pages.ROLES if ("role", role) in fields)
        if not user.isprintable() or not 0 < len(user) <= pages.LONGEST_USER:
            problem = f"A user has 1 to {pages.LONGEST_USER} visible characters: enter another name."
            return _page(pages.choice(asked.parameters, user="", roles=roles, problem=problem), HTTPStatus.BAD_REQUEST)
        account = Account(user, local_tokens.email_of(user), roles)
        cookie = f"{self._cookie}={self._sessions.begin(account)}; Path={PATH}; HttpOnly; SameSite=Lax"
        return self._signed(asked, account, {"set-cookie": cookie})

    def _signed(
        self, asked: AuthorizationRequest, account: Account, headers: Mapping[str, str] | None = None
    ) -> Answer:
        return _redirect(asked.answer(id_token=self._sign(account, asked.nonce)), headers)

    def _signed_in(self, request: Request) -> Account | None:
        try:
            cookie = SimpleCookie(request.headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return None
        return self._sessions.account(cookie.value) if cookie else None

    def _common_headers(self) -> dict[str, str]:
        """Chromium applies form-action also to the redirect that answers the form."""
        return {
            "cache-control": "no-store",
            "content-security-policy": (
                f"default-src 'none'; style-src 'self'; form-action {' '.join(self._form_targets())}; base-uri 'none'; "
                "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
            ),
            "content-type": "text/html; charset=utf-8",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "referrer-policy": "same-origin",  # with no-referrer, browsers would post the form with the Origin null
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
        }

    def _form_targets(self) -> Sequence[str]:
        return ["'self'", *(uri.removesuffix("/") for uri in self._client.redirect_uris)]


def _page(content: str, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(status, content)


def _error(status: HTTPStatus, problem: str) -> Answer:
    return Answer(status, pages.error(problem))


def _redirect(address: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(HTTPStatus.SEE_OTHER, headers={"location": address, **(headers or {})})
