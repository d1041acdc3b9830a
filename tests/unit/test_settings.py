"""What the functions take from the environment, and how a setting that cannot be read is refused."""

import json
from collections.abc import Iterator

import pytest

from dataapi.access import Access
from dataapi.gcp import settings
from dataapi.gcp.settings import SettingError


@pytest.fixture
def fresh() -> Iterator[None]:
    """The settings as a function finds them that has just been started."""
    settings.access.cache_clear()
    yield
    settings.access.cache_clear()


def grants(content: object) -> dict[str, frozenset[str]]:
    return {**settings.read_access({"GRANTS": json.dumps(content)}).grants}


@pytest.mark.parametrize("environ", [{}, {"ROLE_CLAIM": "", "GRANTS": "", "CORS_ORIGINS": ""}, {"GRANTS": "{}"}])
def test_without_settings_the_claim_is_role_and_nothing_is_granted(environ: dict[str, str]) -> None:
    assert Access("Role", {}, frozenset()) == settings.read_access(environ)


def test_every_setting_is_read() -> None:
    environ = {
        "ROLE_CLAIM": "https://example.com/roles",
        "GRANTS": '{"data.read": ["domain:example.com", "allAuthenticatedUsers"], "data.write": []}',
        "CORS_ORIGINS": " https://example.com  http://localhost:8080\n",
        "OTHER": "x",
    }
    expected = Access(
        role_claim="https://example.com/roles",
        grants={"data.read": frozenset({"domain:example.com", "allAuthenticatedUsers"}), "data.write": frozenset()},
        origins=frozenset({"https://example.com", "http://localhost:8080"}),
    )
    assert expected == settings.read_access(environ)


def test_names_in_grants_may_be_written_in_any_case() -> None:
    members = ["user:Ada@Example.COM", "serviceAccount:Job@P.iam.gserviceaccount.com", "domain:Example.com"]
    assert {
        "data.read": {"user:ada@example.com", "serviceAccount:job@p.iam.gserviceaccount.com", "domain:example.com"}
    } == grants({"data.read": members})


@pytest.mark.parametrize(
    "text",
    [
        *("x", "{", "null", "7", "[]", '"data.read"', '["data.read"]', "{'data.read': []}"),
        *(
            '{"data.read": null}',
            '{"data.read": true}',
            '{"data.read": [7]}',
            '{"data.read": [["domain:example.com"]]}',
        ),
    ],
)
def test_grants_that_cannot_be_read_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingError) as refused:
        settings.read_access({"GRANTS": text})
    assert 'GRANTS must be a JSON object such as {"data.read": ["domain:example.com"]}' == str(refused.value)


@pytest.mark.parametrize("members", ["domain:example.com", {"domain:example.com": True}])
def test_members_that_are_not_in_a_list_are_refused_and_not_taken_apart(members: object) -> None:
    with pytest.raises(SettingError, match=r"^GRANTS must be a JSON object such as"):
        grants({"data.read": members})


@pytest.mark.usefixtures("fresh")
def test_the_environment_is_read_when_it_is_first_asked_for_and_then_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLE_CLAIM", "first")
    assert "first" == settings.access().role_claim
    monkeypatch.setenv("ROLE_CLAIM", "second")
    assert "first" == settings.access().role_claim


def test_a_variable_without_a_default_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOPIC", "records")
    assert "records" == settings.required(settings.TOPIC)


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_missing_is_named_with_who_sets_it(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("TOPIC", raising=False) if value is None else monkeypatch.setenv("TOPIC", value)
    with pytest.raises(SettingError) as refused:
        settings.required("TOPIC")
    assert "TOPIC is not set. In the cloud the stack sets it, on a laptop `data-api up`." == str(refused.value)


def test_an_emulator_is_used_where_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:8085")
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    assert "127.0.0.1:8085" == settings.emulator(settings.PUBSUB_EMULATOR)
    assert settings.emulator(settings.FIRESTORE_EMULATOR) is None
