"""Which API a command calls, and with whose token."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data_api.records.commands import list_records
from data_api.records.credentials import Tokens
from data_api.shared.errors import CliError

if TYPE_CHECKING:
    from tests.unit.cli.records.conftest import Answer, Call, FakeApi, World

    Refuse = Callable[..., Answer]

OWN_ACCOUNT = (
    "It is from your own gcloud account; such a token is always for gcloud itself. Impersonate a service "
    "account with `gcloud config set auth/impersonate_service_account ACCOUNT`, or ask the operator to accept "
    "the audience 32555940559.apps.googleusercontent.com."
)
DEPLOYED = ("--url", "https://api.example.com")


def host_and_token(api: "FakeApi") -> tuple[str, str]:
    request = api.requests[-1]
    return f"{request.url.scheme}://{request.url.netloc.decode()}", request.headers["authorization"]


def test_without_options_it_is_the_local_stack_and_its_issuer(call: "Call", api: "FakeApi", world: "World") -> None:
    call(list_records)

    assert ("http://127.0.0.1:8080", f"Bearer {world.local_token_text}") == host_and_token(api)
    assert ["ada"] == world.local_users


def test_user_and_port_choose_a_local_user_and_stack(call: "Call", api: "FakeApi", world: "World") -> None:
    call(list_records, "--user", "eve", "--port", "9000", DATA_API_URL="https://api.example.com")
    assert "http://127.0.0.1:9000" == host_and_token(api)[0]
    assert "eve" == world.local_users[0]


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:1", "http://127.8.9.10:1/", "https://127.0.0.1:1"])
def test_every_loopback_address_is_local(call: "Call", api: "FakeApi", world: "World", url: str) -> None:
    call(list_records, "--url", url)
    assert url.rstrip("/") == host_and_token(api)[0]
    assert 1 == len(world.local_users)


def test_a_deployed_api_gets_a_google_token_for_its_audience(call: "Call", api: "FakeApi", world: "World") -> None:
    call(list_records, *DEPLOYED, "--audience", "my-audience")
    call(list_records, DATA_API_URL="https://api.example.com", DATA_API_AUDIENCE="another")
    assert ["my-audience", "another"] == world.audiences
    assert "https://api.example.com" == host_and_token(api)[0]
    assert [] == world.local_users


def test_a_deployed_api_needs_an_audience(call: "Call", api: "FakeApi") -> None:
    told = call(list_records, *DEPLOYED)
    assert (1, []) == (told.exit_code, api.requests)
    assert (
        "Error: A deployed API accepts tokens for its own audience only: name it with --audience or "
        "DATA_API_AUDIENCE, or give a token with --token-file or DATA_API_TOKEN.\n" == told.stderr
    )


def test_a_token_that_is_given_is_used_anywhere(call: "Call", api: "FakeApi", world: "World", tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n")

    call(list_records, *DEPLOYED, DATA_API_TOKEN="from-environment")  # noqa: S106 - a test's
    assert "Bearer from-environment" == host_and_token(api)[1]
    call(list_records, *DEPLOYED, "--token-file", str(file), DATA_API_TOKEN="from-environment")  # noqa: S106 - the same
    assert "Bearer from-file" == host_and_token(api)[1]
    call(list_records, DATA_API_TOKEN="from-environment")  # noqa: S106 - the same
    assert "Bearer from-environment" == host_and_token(api)[1]
    assert ([], []) == (world.local_users, world.audiences)

    call(list_records, "--user", "eve", DATA_API_TOKEN="from-environment")  # noqa: S106 - the same
    assert "eve" == world.local_users[0]


def test_an_api_key_goes_beside_the_token_where_one_is_named(call: "Call", api: "FakeApi") -> None:
    call(list_records)
    assert "x-api-key" not in api.requests[-1].headers
    call(list_records, "--api-key", "named")
    assert "named" == api.requests[-1].headers["x-api-key"]
    call(list_records, DATA_API_KEY="from-environment")
    assert "from-environment" == api.requests[-1].headers["x-api-key"]
    assert "authorization" in api.requests[-1].headers
    assert "visible ASCII characters without spaces" in call(list_records, "--api-key", "two words").stderr


def test_an_api_key_that_is_missing_is_asked_for(call: "Call", api: "FakeApi", refuse: "Refuse") -> None:
    unregistered = "UNAUTHENTICATED: Method doesn't allow unregistered callers (callers without established identity)."
    api.next_answers = [refuse(401, unregistered)]
    told = call(list_records)
    assert "requires an API key beside the token: give one with --api-key or DATA_API_KEY.\n" in told.stderr


@pytest.mark.parametrize("token", ["", "two words", "two\nlines", "tök"])
def test_what_no_header_can_carry_is_no_token(call: "Call", api: "FakeApi", tmp_path: Path, token: str) -> None:
    file = tmp_path / "token"
    file.write_text(token)
    told = call(list_records, "--token-file", str(file))
    assert (1, []) == (told.exit_code, api.requests)
    assert "a token is one line of visible ASCII characters" in told.stderr
    assert "words" not in told.stderr


def test_a_local_token_that_cannot_be_signed_ends_the_command_with_the_reason(
    call: "Call", api: "FakeApi", world: "World"
) -> None:
    world.local_token_error = CliError("The signing key cannot be read.")
    result = call(list_records)
    assert (1, []) == (result.exit_code, api.requests)
    assert "Error: The signing key cannot be read.\n" == result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*DEPLOYED, "--user", "eve"], "--user is for the local stack"),
        (["--token-file", __file__, "--user", "eve"], "--token-file already says who you are"),
        ([*DEPLOYED, "--port", "9000"], "--port is short for --url http://127.0.0.1:PORT: give one of the two."),
        (["--url", "http://api.example.com"], "Use https: otherwise anybody on the network path can read the token."),
        (["--url", "api.example.com"], "api.example.com is not of the form https://HOST."),
        (["--url", "https://"], "https:// is not of the form https://HOST."),
        (["--url", "ftp://127.0.0.1"], "ftp://127.0.0.1 is not of the form https://HOST."),
        (["--url", "https://ada@api.example.com"], "is not of the form https://HOST."),
        (["--url", "https://api.example.com?x=1"], "is not of the form https://HOST."),
        (["--url", "http://127.0.0.1:port"], "is not an address"),
        (["--url", "http://[::1"], "is not an address"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(
    call: "Call", api: "FakeApi", arguments: list[str], sentence: str
) -> None:
    told = call(list_records, *arguments)
    assert (2, []) == (told.exit_code, api.requests)
    assert sentence in " ".join(told.stderr.split())


def test_a_token_is_renewed_shortly_before_it_expires(token_of: Callable[..., str]) -> None:
    now, fetched = 1_000.0, list[str]()

    def fetch() -> str:
        fetched.append(token_of(exp=now + 3_600))
        return fetched[-1]

    tokens = Tokens(fetch, lambda: now)
    assert tokens() == tokens() == fetched[0]
    now += 3_600 - 121
    assert fetched[0] == tokens()
    now += 2
    assert tokens() == tokens() == fetched[1]
    assert 2 == len(fetched)


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.W10.c", "a.e30.c", "a.eyJleHAiOiAic29vbiJ9.c"])
def test_a_token_that_tells_no_end_is_kept(token: str) -> None:
    fetched = iter([token])
    tokens = Tokens(lambda: next(fetched), lambda: math.inf)
    assert token == tokens() == tokens()


def test_a_refused_token_is_said_to_be_that(call: "Call", api: "FakeApi", refuse: "Refuse") -> None:
    api.next_answers = [refuse(401, "Jwt is expired")]
    assert "Error: The token was rejected: Jwt is expired\n" == call(list_records).stderr


@pytest.mark.parametrize(
    ("audience", "advice"),
    [
        ("theirs", "It is for the audience theirs; ask the operator for the right one and name it with --audience."),
        ("32555940559.apps.googleusercontent.com", OWN_ACCOUNT),
    ],
)
def test_a_wrong_audience_comes_with_what_to_do(
    call: "Call", api: "FakeApi", refuse: "Refuse", audience: str, advice: str
) -> None:
    api.next_answers = [refuse(403, "Audiences in Jwt are not allowed")]
    told = call(list_records, *DEPLOYED, "--audience", audience)
    assert f"Error: The token was rejected: Audiences in Jwt are not allowed. {advice}\n" == told.stderr
