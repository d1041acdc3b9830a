"""Tests how settings are read from the environment, and that invalid ones are rejected."""

import json
from datetime import timedelta

import pytest

from dataapi.auth.authorization import AccessPolicy
from dataapi.gcp import settings
from dataapi.gcp.settings import SettingError
from tests.support.functions.error_message import error_message


def grants(content: object) -> dict[str, frozenset[str]]:
    return {**settings.access_policy({"GRANTS": json.dumps(content)}).grants}


def test_without_settings_the_claim_is_role_and_nothing_is_granted(subtests: pytest.Subtests) -> None:
    for environ in ({}, {"ROLE_CLAIM": "", "GRANTS": "", "CORS_ORIGINS": ""}, {"GRANTS": "{}"}):
        with subtests.test(environ=environ):
            assert AccessPolicy("Role", {}, frozenset()) == settings.access_policy(environ)


def test_every_setting_is_read() -> None:
    environ = {
        "ROLE_CLAIM": "https://example.com/roles",
        "GRANTS": '{"data.read": ["domain:example.com", "allAuthenticatedUsers"], "data.write": []}',
        "CORS_ORIGINS": " https://example.com  http://localhost:8080\n",
        "OTHER": "x",
    }
    expected = AccessPolicy(
        role_claim="https://example.com/roles",
        grants={"data.read": frozenset({"domain:example.com", "allAuthenticatedUsers"}), "data.write": frozenset()},
        origins=frozenset({"https://example.com", "http://localhost:8080"}),
    )
    assert expected == settings.access_policy(environ)


def test_names_in_grants_may_be_written_in_any_case() -> None:
    members = ["user:Ada@Example.COM", "serviceAccount:Job@P.iam.gserviceaccount.com", "domain:Example.com"]
    assert {
        "data.read": {"user:ada@example.com", "serviceAccount:job@p.iam.gserviceaccount.com", "domain:example.com"}
    } == grants({"data.read": members})


def test_invalid_grants_are_rejected_with_an_example() -> None:
    no_objects = ["x", "{", "null", "7", "[]", '"data.read"', '["data.read"]', "{'data.read': []}"]
    members = ["null", "true", "[7]", '[["domain:a.b"]]', '"domain:example.com"', '{"domain:example.com": true}']
    texts = [*no_objects, *(f'{{"data.read": {member}}}' for member in members)]
    message = 'GRANTS must be a JSON object such as {"data.read": ["domain:example.com"]}'
    messages = {text: error_message(SettingError, settings.access_policy, {"GRANTS": text}) for text in texts}
    assert dict.fromkeys(texts, message) == messages


@pytest.mark.parametrize("member", ["", "ada@example.com", "group:a@example.com", "user:", "user:a b", "domain"])
def test_a_grant_to_something_that_is_not_a_member_is_rejected(member: str) -> None:
    message = str(error_message(SettingError, settings.access_policy, {"GRANTS": json.dumps({"data.read": [member]})}))
    assert message.startswith(f"GRANTS has {member!r}, which is not a member such as user:ada@example.com")


@pytest.mark.parametrize("setting", ["GRANTS", "LIMITS"])
def test_an_unknown_role_is_rejected_with_those_that_there_are(setting: str) -> None:
    content = {"GRANTS": {"data.raed": []}, "LIMITS": {"data.raed": {"rate": 1, "burst": 1}}}[setting]
    message = str(error_message(SettingError, settings.check, {setting: json.dumps(content)}))
    assert f"{setting} has the unknown role 'data.raed'; the roles are data.read and data.write" == message


@pytest.mark.parametrize("origin", ["app.example.com", "https://app.example.com/", "https://a b", "*", "http://a:b"])
def test_an_invalid_origin_is_rejected(origin: str) -> None:
    message = str(error_message(SettingError, settings.access_policy, {"CORS_ORIGINS": origin}))
    assert message.startswith("CORS_ORIGINS has ")
    assert message.endswith("is not an origin such as https://app.example.com or http://localhost:*")


@pytest.mark.parametrize("limit", ['{"rate": 0, "burst": 1}', '{"rate": 1}', '{"rate": "1", "burst": 1}', "7"])
def test_an_invalid_limit_is_rejected_with_an_example(limit: str) -> None:
    message = str(error_message(SettingError, settings.check, {"LIMITS": f'{{"data.write": {limit}}}'}))
    assert message.startswith("LIMITS must be a JSON object such as ")


def test_settings_are_checked_before_a_function_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (settings.GRANTS, settings.LIMITS, settings.CORS_ORIGINS, settings.TRACE_SHARE):
        monkeypatch.delenv(name, raising=False)
    settings.main()
    monkeypatch.setenv(settings.RETENTION_DAYS, "a month")
    with pytest.raises(SystemExit, match=r"^RETENTION_DAYS must be a whole number of days$"):
        settings.main()
    assert "" == capsys.readouterr().out


def test_settings_come_from_the_process_environment_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLE_CLAIM", "claim")
    assert "claim" == settings.access_policy().role_claim


def test_a_variable_without_a_default_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOPIC", "records")
    assert "records" == settings.required(settings.TOPIC)


def test_a_missing_or_empty_variable_is_named_with_how_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOPIC", raising=False)
    missing = error_message(SettingError, settings.required, "TOPIC")
    monkeypatch.setenv("TOPIC", "")
    empty = error_message(SettingError, settings.required, "TOPIC")
    assert "TOPIC is not set. In the cloud the stack sets it, on a laptop `data-api up`." == missing == empty


def test_an_emulator_is_used_if_its_variable_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:8085")
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    assert "127.0.0.1:8085" == settings.emulator(settings.PUBSUB_EMULATOR)
    assert settings.emulator(settings.FIRESTORE_EMULATOR) is None


@pytest.mark.parametrize(("value", "days"), [("", None), ("0", None), ("30", 30)])
def test_the_retention_is_unlimited_or_a_number_of_days(
    monkeypatch: pytest.MonkeyPatch, value: str, days: int | None
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", value)
    assert (timedelta(days=days) if days else None) == settings.retention()


def test_an_invalid_retention_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "a month")
    assert "RETENTION_DAYS must be a whole number of days" == error_message(SettingError, settings.retention)


@pytest.mark.parametrize(
    ("environ", "is_on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "True"}, False),
    ],
)
def test_spans_are_sent_if_an_endpoint_is_set(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, is_on: bool
) -> None:
    for name in (settings.OTLP_ENDPOINT, settings.TRACES_ENDPOINT, settings.SDK_DISABLED):
        monkeypatch.setenv(name, environ.get(name, ""))
    assert is_on is settings.traces()


@pytest.mark.parametrize("share", ["2", "-1", "nan", "much"])
def test_an_invalid_share_of_traces_is_rejected(share: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.TRACE_SHARE, share)
    with pytest.raises(settings.SettingError, match=r"^OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1"):
        settings.trace_share()


def test_all_traces_are_sent_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.TRACE_SHARE, "")
    assert 1 == settings.trace_share()
