"""The issuers and audiences that the local stack reads from the contract."""

from collections.abc import Callable
from pathlib import Path

import pytest

from data_api.shared.contract import Provider, load_contract, providers
from data_api.shared.errors import CliError


def test_the_contract_says_whose_tokens_are_accepted() -> None:
    assert {
        "google": Provider("https://accounts.google.com", ("data-api-local",)),
        "identityPlatform": Provider("https://securetoken.google.com/data-api-local", ("data-api-local",)),
    } == providers(load_contract())


def test_only_the_security_schemes_are_filled(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text('{"paths": {"/{project}": {}}, "components": {"securitySchemes": {"a": ["{project}/{id}", 1]}}}')
    assert {"/{project}": {}} == load_contract(file)["paths"]
    assert {"a": ["data-api-local/{id}", 1]} == load_contract(file)["components"]["securitySchemes"]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(lambda _: None, "cannot be read", id="absent"),
        pytest.param(lambda file: file.write_text("a: [\nb: }"), "is not YAML", id="broken"),
        pytest.param(lambda file: file.write_bytes(b"\xff\xfe"), "is not YAML", id="binary"),
        pytest.param(lambda file: file.write_text(""), "lacks paths or components", id="empty"),
        pytest.param(lambda file: file.write_text("paths: {}"), "lacks paths or components", id="without schemes"),
        pytest.param(
            lambda file: file.write_text("components: {securitySchemes: {}}"),
            "lacks paths or components",
            id="without paths",
        ),
    ],
)
def test_an_invalid_contract_is_rejected_in_one_line(
    make: Callable[[Path], object], sentence: str, tmp_path: Path
) -> None:
    make(tmp_path / "openapi.yaml")
    with pytest.raises(CliError, match=sentence) as refused:
        load_contract(tmp_path / "openapi.yaml")
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("left_out", ["issuer", "audiences"])
def test_a_scheme_without_an_issuer_or_an_audience_is_rejected(left_out: str) -> None:
    stated: dict[str, object] = {"issuer": "https://accounts.google.com", "audiences": ["data-api-local"]}
    stated[left_out] = []
    contract = {"components": {"securitySchemes": {"google": {"x-google-auth": stated}}}}
    with pytest.raises(CliError, match=r"google .* must name an issuer and at least one audience"):
        providers(contract)
