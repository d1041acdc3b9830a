"""The local sign-in page: what it takes from Google's authorization endpoint, and whom it does not answer."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode

import pytest

from data_api.stack.sign_in.authorization_request import Client
from data_api.stack.sign_in.endpoint import Answer, Endpoint, Request
from data_api.stack.sign_in.sessions import REMEMBERED, Account, Sessions

ORIGIN = "http://127.0.0.1:7000"
PAGE = "http://127.0.0.1:8080/"
ASKED = {
    "client_id": "the-page",
    "redirect_uri": PAGE,
    "response_type": "id_token",
    "scope": "openid email",
    "nonce": "n-1",
    "state": "s 1&<",
}
HOST = {"host": "127.0.0.1:7000"}
CHOICE = {"user": "ada", "role": "data.read"}


@pytest.fixture
def endpoint() -> Endpoint:
    def sign(account: Account, nonce: str) -> str:
        return f"{account.user}/{account.email}/{'+'.join(account.roles)}/{nonce}"

    return Endpoint(ORIGIN, Client("the-page", (PAGE, "http://localhost:8080/")), sign)


def get(endpoint: Endpoint, asked: Mapping[str, str], **headers: str) -> Answer:
    return endpoint.answer(Request("GET", "/authorize", urlencode(asked), {**HOST, **headers}))


def post(endpoint: Endpoint, fields: Mapping[str, object], **headers: str) -> Answer:
    sent = {**HOST, "origin": ORIGIN, **headers}
    return endpoint.answer(Request("POST", "/authorize", "", sent, urlencode(fields, doseq=True)))


def cookie(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def fragment(answer: Answer) -> dict[str, str]:
    """What the answer says to the page in the fragment of the address."""
    address, _, text = answer.headers["location"].partition("#")
    assert (HTTPStatus.SEE_OTHER, PAGE) == (answer.status, address)
    return {name: value for name, (value,) in parse_qs(text).items()}


def test_a_user_is_asked_who_they_are_and_the_request_is_kept_in_the_form(endpoint: Endpoint) -> None:
    answer = get(endpoint, ASKED)
    assert HTTPStatus.OK == answer.status
    assert '<input type="hidden" name="state" value="s 1&amp;&lt;">' in answer.body
    assert 'name="user" value="ada"' in answer.body
    assert 2 == answer.body.count(" checked")


def test_the_chosen_user_and_roles_are_in_the_token_which_returns_in_the_fragment(endpoint: Endpoint) -> None:
    answer = post(endpoint, {**ASKED, "user": " ada ", "role": ["data.write", "data.read", "root"]})
    assert {"id_token": "ada/ada@example.com/data.read+data.write/n-1", "state": "s 1&<"} == fragment(answer)


def test_a_request_without_a_state_is_answered_without_one(endpoint: Endpoint) -> None:
    answer = post(endpoint, {name: value for name, value in ASKED.items() if name != "state"} | CHOICE)
    assert {"id_token"} == fragment(answer).keys()


def test_cancelling_tells_the_page_so(endpoint: Endpoint) -> None:
    answer = post(endpoint, {**ASKED, "user": "ada", "cancel": "yes"})
    assert {"error": "access_denied", "state": "s 1&<"} == fragment(answer)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("user", ["", "  ", "x" * 201, "a\nb", "a\x00"])
def test_a_user_without_a_visible_name_is_asked_again(endpoint: Endpoint, user: str) -> None:
    answer = post(endpoint, {**ASKED, "user": user})
    assert HTTPStatus.BAD_REQUEST == answer.status
    assert '<p role="alert">A user has 1 to 200 visible characters' in answer.body
    assert 'name="nonce" value="n-1"' in answer.body


@pytest.mark.parametrize("prompt", ["none", ""])
def test_who_is_signed_in_gets_a_new_token_without_a_question(endpoint: Endpoint, prompt: str) -> None:
    session = cookie(post(endpoint, {**ASKED, **CHOICE}))
    answer = get(endpoint, {**ASKED, "nonce": "n-2", "prompt": prompt}, cookie=f"other=1; {session}")
    assert "ada/ada@example.com/data.read/n-2" == fragment(answer)["id_token"]


def test_who_is_signed_in_may_choose_another_user(endpoint: Endpoint) -> None:
    session = cookie(post(endpoint, {**ASKED, **CHOICE}))
    answer = get(endpoint, {**ASKED, "prompt": "select_account"}, cookie=session)
    assert HTTPStatus.OK == answer.status
    assert 1 == answer.body.count(" checked")


@pytest.mark.parametrize("sent", ["", "data-api-sign-in-7000=unknown", "data-api-sign-in-8000={}", "=;,\x00"])
def test_without_a_session_a_silent_renewal_says_that_a_login_is_required(endpoint: Endpoint, sent: str) -> None:
    key = cookie(post(endpoint, {**ASKED, **CHOICE})).partition("=")[2]
    answer = get(endpoint, {**ASKED, "prompt": "none"}, cookie=sent.format(key))
    assert {"error": "login_required", "state": "s 1&<"} == fragment(answer)


def test_a_silent_renewal_for_another_user_says_that_an_interaction_is_required(endpoint: Endpoint) -> None:
    session = cookie(post(endpoint, {**ASKED, **CHOICE}))
    answer = get(endpoint, {**ASKED, "prompt": "none", "login_hint": "bob"}, cookie=session)
    assert "interaction_required" == fragment(answer)["error"]


@pytest.mark.parametrize("hint", ["ada", "ada@example.com"])
def test_the_hint_names_the_user_by_name_or_by_email(endpoint: Endpoint, hint: str) -> None:
    session = cookie(post(endpoint, {**ASKED, **CHOICE}))
    answer = get(endpoint, {**ASKED, "prompt": "none", "login_hint": hint}, cookie=session)
    assert "id_token" in fragment(answer)


def test_a_hint_is_the_proposed_user(endpoint: Endpoint) -> None:
    assert 'name="user" value="&quot;bob"' in get(endpoint, {**ASKED, "login_hint": '"bob@example.com'}).body


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"client_id": "another"}, "client_id is not known"),
        ({"client_id": None}, "client_id is not known"),
        ({"redirect_uri": None}, "redirect_uri is not registered"),
        ({"redirect_uri": "http://127.0.0.1:8080"}, "redirect_uri is not registered"),
        ({"redirect_uri": "http://127.0.0.1:8080/app"}, "redirect_uri is not registered"),
        ({"redirect_uri": "http://127.0.0.1:8080/?next=http://evil.example"}, "redirect_uri is not registered"),
        ({"redirect_uri": "http://127.0.0.1:8080@evil.example/"}, "redirect_uri is not registered"),
        ({"redirect_uri": "https://127.0.0.1:8080/"}, "redirect_uri is not registered"),
        ({"redirect_uri": "http://127.0.0.1:8081/"}, "redirect_uri is not registered"),
        ({"redirect_uri": "http://evil.example/"}, "redirect_uri is not registered"),
        ({"redirect_uri": "//evil.example/"}, "redirect_uri is not registered"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri is not registered"),
        ({"response_type": "code"}, "response_type is not supported"),
        ({"scope": "openid"}, "scope must name openid and email"),
        ({"nonce": ""}, "nonce is missing"),
        ({"prompt": "consent"}, "prompt is not supported"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_invalid_request_is_an_error_page_and_never_a_redirect(
    endpoint: Endpoint, method: str, changed: Mapping[str, str | None], problem: str
) -> None:
    sent = {name: value for name, value in {**ASKED, **changed}.items() if value is not None}
    answer = get(endpoint, sent) if method == "GET" else post(endpoint, {**sent, **CHOICE})
    assert HTTPStatus.BAD_REQUEST == answer.status
    assert problem in answer.body
    assert {"location", "set-cookie"}.isdisjoint(answer.headers)


@pytest.mark.parametrize("again", ["redirect_uri=http://evil.example/", "client_id=the-page", "state=2"])
def test_a_parameter_that_is_sent_twice_is_an_error_page(endpoint: Endpoint, again: str) -> None:
    answer = endpoint.answer(Request("GET", "/authorize", f"{urlencode(ASKED)}&{again}", HOST))
    assert HTTPStatus.BAD_REQUEST == answer.status
    assert "sent twice" in answer.body


@pytest.mark.parametrize("query", ["state=%ff", "&".join(f"p{number}=" for number in range(60))])
def test_parameters_that_cannot_be_read_are_an_error_page(endpoint: Endpoint, query: str) -> None:
    answer = endpoint.answer(Request("GET", "/authorize", f"{urlencode(ASKED)}&{query}", HOST))
    assert HTTPStatus.BAD_REQUEST == answer.status


@pytest.mark.parametrize("host", ["evil.example:7000", "localhost:7000", "127.0.0.1", "127.0.0.1:7001", ""])
@pytest.mark.parametrize("path", ["/authorize", "/authorize.css"])
def test_a_host_name_that_is_rebound_to_this_machine_gets_nothing(endpoint: Endpoint, host: str, path: str) -> None:
    answer = endpoint.answer(Request("GET", path, urlencode(ASKED), {"host": host}))
    assert HTTPStatus.FORBIDDEN == answer.status
    assert "nonce" not in answer.body


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8080", "http://localhost:7000"])
def test_a_form_of_another_site_signs_nobody_in(endpoint: Endpoint, origin: str) -> None:
    answer = post(endpoint, {**ASKED, **CHOICE}, origin=origin)
    assert HTTPStatus.FORBIDDEN == answer.status
    assert {"location", "set-cookie"}.isdisjoint(answer.headers)


def test_a_post_that_does_not_say_where_it_comes_from_signs_nobody_in(endpoint: Endpoint) -> None:
    answer = endpoint.answer(Request("POST", "/authorize", "", HOST, urlencode({**ASKED, **CHOICE})))
    assert HTTPStatus.FORBIDDEN == answer.status


@pytest.mark.parametrize("sent", [{"origin": "http://127.0.0.1:8080"}, {"sec-fetch-mode": "cors"}])
def test_a_script_gets_no_token_of_the_user_who_is_signed_in(endpoint: Endpoint, sent: Mapping[str, str]) -> None:
    session = cookie(post(endpoint, {**ASKED, **CHOICE}))
    answer = get(endpoint, ASKED, cookie=session, **sent)
    assert HTTPStatus.FORBIDDEN == answer.status
    assert "location" not in answer.headers


def test_scripts_cannot_read_the_cookie_and_other_sites_cannot_use_it(endpoint: Endpoint) -> None:
    _, *attributes = post(endpoint, {**ASKED, **CHOICE}).headers["set-cookie"].split("; ")
    assert ["Path=/authorize", "HttpOnly", "SameSite=Lax"] == attributes


def test_every_answer_is_protected_and_kept_nowhere(endpoint: Endpoint) -> None:
    answers = (get(endpoint, ASKED), get(endpoint, {}), post(endpoint, {**ASKED, **CHOICE}), post(endpoint, {}))
    for answer in answers:
        assert "no-store" == answer.headers["cache-control"]
        assert "DENY" == answer.headers["x-frame-options"]
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self' http://127.0.0.1:8080 ")
        assert "script-src" not in policy


def test_what_a_request_sends_is_text_on_the_page(endpoint: Endpoint) -> None:
    hostile = '"><script>alert(1)</script>$user'
    shown = get(endpoint, {**ASKED, "state": hostile, "login_hint": hostile}).body
    assert "<script" not in shown
    assert 3 == shown.count("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;$user")


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/authorize/"), ("POST", "/authorize.css")])
def test_there_is_nothing_else(endpoint: Endpoint, method: str, path: str) -> None:
    answer = endpoint.answer(Request(method, path, "", {**HOST, "origin": ORIGIN}))
    assert HTTPStatus.NOT_FOUND == answer.status


def test_the_style_sheet_may_be_loaded_by_the_page(endpoint: Endpoint) -> None:
    answer = endpoint.answer(Request("GET", "/authorize.css", "", {**HOST, "sec-fetch-mode": "no-cors"}))
    assert (HTTPStatus.OK, "text/css; charset=utf-8") == (answer.status, answer.headers["content-type"])


def test_the_oldest_sessions_are_forgotten() -> None:
    sessions = Sessions()
    keys = [sessions.begin(Account(str(number), "", ())) for number in range(REMEMBERED + 1)]
    assert sessions.account(keys[0]) is None
    assert Account("1", "", ()) == sessions.account(keys[1])
    assert len(keys) == len({*keys})
