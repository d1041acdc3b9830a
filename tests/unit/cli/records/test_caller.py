"""Which API a command calls, and with whose token."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from data_api.records.commands import list_records
from data_api.records.identity.credentials import TokenCache
from data_api.records.options import Caller, at_deployment, caller_options
from data_api.shared.errors import CliError

if TYPE_CHECKING:
    from tests.unit.cli.records.conftest import Call, Environment, FakeApi, Handler

    Reject = Callable[..., Handler]

OWN_ACCOUNT = (
    "It is a token of your own gcloud account, and these are always for gcloud itself. Impersonate a service "
    "account with `gcloud config set auth/impersonate_service_account ACCOUNT`, or ask the operator to accept "
    "the audience 32555940559.apps.googleusercontent.com."
)
DEPLOYED = ("--url", "https://api.example.com")


def host_and_token(api: "FakeApi") -> tuple[str, str]:
    request = api.requests[-1]
    return f"{request.url.scheme}://{request.url.netloc.decode()}", request.headers["authorization"]


def test_without_options_a_command_calls_the_local_stack_with_a_token_of_its_issuer(
    call: "Call", api: "FakeApi", environment: "Environment", token_of: Callable[..., str]
) -> None:
    call(list_records)
    token = token_of(sub="ada", exp=environment.time + 3_600)
    assert ("http://127.0.0.1:8080", f"Bearer {token}") == host_and_token(api)
    assert [("ada", ("data.read", "data.write"))] == environment.users


def test_user_and_port_choose_a_local_user_and_stack(call: "Call", api: "FakeApi", environment: "Environment") -> None:
    call(list_records, "--user", "eve", "--port", "9000", DATA_API_URL="https://api.example.com")
    assert "http://127.0.0.1:9000" == host_and_token(api)[0]
    assert "eve" == environment.users[0][0]


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:1", "http://127.8.9.10:1/", "https://127.0.0.1:1"])
def test_every_loopback_address_is_local(call: "Call", api: "FakeApi", environment: "Environment", url: str) -> None:
    call(list_records, "--url", url)
    assert url.rstrip("/") == host_and_token(api)[0]
    assert 1 == len(environment.users)


@pytest.mark.parametrize("path", ["", "/", "/data", "/data/", f"/data/{'0a' * 16}"])
def test_the_path_of_a_request_is_not_part_of_the_address(call: "Call", api: "FakeApi", path: str) -> None:
    call(list_records, "--url", f"https://api.example.com/v1{path}", "--audience", "theirs")
    assert ("/v1/data", "api.example.com") == (api.requests[0].url.path, api.requests[0].url.host)
    call(list_records, DATA_API_URL=f"http://localhost:1{path}")
    assert "/data" == api.requests[1].url.path


def test_a_deployed_api_gets_a_google_token_for_its_audience(
    call: "Call", api: "FakeApi", environment: "Environment"
) -> None:
    call(list_records, *DEPLOYED, "--audience", "my-audience")
    call(list_records, DATA_API_URL="https://api.example.com", DATA_API_AUDIENCE="another")
    assert ["my-audience", "another"] == environment.audiences
    assert "https://api.example.com" == host_and_token(api)[0]
    assert [] == environment.users


def test_a_deployed_api_needs_an_audience(call: "Call", api: "FakeApi") -> None:
    result = call(list_records, *DEPLOYED)
    assert (3, []) == (result.exit_code, api.requests)
    assert (
        "Error: A deployed API accepts only tokens for its own audience: set it with --audience or "
        "DATA_API_AUDIENCE, or give a token with --token-file or DATA_API_TOKEN.\n" == result.stderr
    )


def test_a_given_token_is_used_for_any_api(
    call: "Call", api: "FakeApi", environment: "Environment", tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n")

    call(list_records, *DEPLOYED, DATA_API_TOKEN="from-environment")  # noqa: S106 - a test's
    assert "Bearer from-environment" == host_and_token(api)[1]
    call(list_records, *DEPLOYED, "--token-file", str(file), DATA_API_TOKEN="from-environment")  # noqa: S106 - the same
    assert "Bearer from-file" == host_and_token(api)[1]
    call(list_records, DATA_API_TOKEN="from-environment")  # noqa: S106 - the same
    assert "Bearer from-environment" == host_and_token(api)[1]
    assert ([], []) == (environment.users, environment.audiences)

    call(list_records, "--user", "eve", DATA_API_TOKEN="from-environment")  # noqa: S106 - the same
    assert "eve" == environment.users[0][0]


def test_an_api_key_is_sent_in_addition_to_the_token(call: "Call", api: "FakeApi") -> None:
    call(list_records)
    assert "x-api-key" not in api.requests[-1].headers
    call(list_records, "--api-key", "named")
    assert "named" == api.requests[-1].headers["x-api-key"]
    call(list_records, DATA_API_KEY="from-environment")
    assert "from-environment" == api.requests[-1].headers["x-api-key"]
    assert "authorization" in api.requests[-1].headers
    assert "one word of visible ASCII characters" in call(list_records, "--api-key", "two words").stderr


def test_a_missing_api_key_is_explained(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    unregistered = "UNAUTHENTICATED: Method doesn't allow unregistered callers (callers without established identity)."
    api.next_handlers = [reject(401, unregistered)]
    result = call(list_records)
    assert "requires an API key in addition to the token: set --api-key or DATA_API_KEY.\n" in result.stderr


@pytest.mark.parametrize("token", ["", "two words", "two\nlines", "tök"])
def test_a_token_that_no_header_can_carry_is_rejected(call: "Call", api: "FakeApi", tmp_path: Path, token: str) -> None:
    file = tmp_path / "token"
    file.write_text(token)
    result = call(list_records, "--token-file", str(file))
    assert (3, []) == (result.exit_code, api.requests)
    assert "a token is one line of visible ASCII characters" in result.stderr
    assert "words" not in result.stderr


def test_a_local_token_that_cannot_be_made_is_an_error_of_the_command(
    call: "Call", api: "FakeApi", environment: "Environment", monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> str:
        raise CliError("The signing key cannot be read.")

    monkeypatch.setattr(environment, "local_token", fail)
    result = call(list_records)
    assert (1, []) == (result.exit_code, api.requests)
    assert "Error: The signing key cannot be read.\n" == result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*DEPLOYED, "--user", "eve"], "--user is for the local stack"),
        (["--token-file", __file__, "--user", "eve"], "The token in --token-file already identifies you"),
        ([*DEPLOYED, "--port", "9000"], "--port is short for --url http://127.0.0.1:PORT: give one of the two."),
        (["--url", "http://api.example.com"], "Use https: over http, others on the network could read the token."),
        (["--url", "api.example.com"], "api.example.com is not of the form https://HOST."),
        (["--url", "https://"], "https:// is not of the form https://HOST."),
        (["--url", "ftp://127.0.0.1"], "ftp://127.0.0.1 is not of the form https://HOST."),
        (["--url", "https://ada@api.example.com"], "is not of the form https://HOST."),
        (["--url", "https://api.example.com?x=1"], "is not of the form https://HOST."),
        (["--url", "http://127.0.0.1:port"], "is not a valid address"),
        (["--url", "http://[::1"], "is not a valid address"),
    ],
)
def test_invalid_and_contradictory_options_are_usage_errors(
    call: "Call", api: "FakeApi", arguments: list[str], sentence: str
) -> None:
    result = call(list_records, *arguments)
    assert (2, []) == (result.exit_code, api.requests)
    assert sentence in " ".join(result.stderr.split())


def test_a_token_is_renewed_shortly_before_it_expires(token_of: Callable[..., str]) -> None:
    now, fetched = 1_000.0, list[str]()

    def fetch() -> str:
        fetched.append(token_of(exp=now + 3_600))
        return fetched[-1]

    tokens = TokenCache(fetch, lambda: now)
    assert tokens() == tokens() == fetched[0]
    now += 3_600 - 121
    assert fetched[0] == tokens()
    now += 2
    assert tokens() == tokens() == fetched[1]
    assert 2 == len(fetched)


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.W10.c", "a.e30.c", "a.eyJleHAiOiAic29vbiJ9.c"])
def test_a_token_without_an_expiry_is_used_again(token: str) -> None:
    fetched = iter([token])
    tokens = TokenCache(lambda: next(fetched), lambda: math.inf)
    assert token == tokens() == tokens()


def test_a_rejected_token_is_reported_as_such(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    api.next_handlers = [reject(401, "Jwt is expired")]
    assert "Error: The token was rejected: Jwt is expired\n" == call(list_records).stderr


@pytest.mark.parametrize(
    ("audience", "advice"),
    [
        ("theirs", "It is for the audience theirs; ask the operator for the right one and set it with --audience."),
        ("32555940559.apps.googleusercontent.com", OWN_ACCOUNT),
    ],
)
def test_a_wrong_audience_comes_with_what_to_do(
    call: "Call", api: "FakeApi", reject: "Reject", audience: str, advice: str
) -> None:
    api.next_handlers = [reject(403, "Audiences in Jwt are not allowed")]
    result = call(list_records, *DEPLOYED, "--audience", audience)
    assert f"Error: The token was rejected: Audiences in Jwt are not allowed. {advice}\n" == result.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "https://stack.example.com stack-audience stack-key"),
        (("--audience", "own", "--api-key", "own-key"), "https://stack.example.com own own-key"),
    ],
)
def test_a_deployed_stack_goes_before_variables_and_options_before_the_stack(
    call: "Call", arguments: tuple[str, ...], expected: str
) -> None:
    @click.command()
    @caller_options
    def show(caller: Caller) -> None:
        deployed = at_deployment(caller, "https://stack.example.com", "stack-audience", "stack-key")
        click.echo(f"{deployed.url} {deployed.audience} {deployed.api_key}")
        assert not deployed.is_local

    stale = {"DATA_API_URL": "https://stale.example.com", "DATA_API_AUDIENCE": "stale", "DATA_API_KEY": "stale"}
    assert expected == call(show, *arguments, **stale).stdout.strip()
