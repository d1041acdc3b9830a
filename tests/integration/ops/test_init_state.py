"""`data-api init`: where the state is kept, and what encrypts its secrets."""

import pytest

from tests.support.cloud_programs import DEV, Clone


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("local", "file://~"),
        ("cloud", "https://api.pulumi.com"),
        ("gs://state", "gs://state"),
        (None, "gs://signed-in"),
    ],
)
def test_the_state_is_where_the_option_says_else_where_pulumi_is_signed_in(
    dev: Clone, given: str | None, expected: str
) -> None:
    dev.sign_in("gs://signed-in")
    dev.run(*DEV, "--yes", *(("--backend", given) if given else ()))
    assert ([f"login {expected}"] if given else []) == [line for line in dev.changes() if "login" in line]
    assert {expected} == {note["backend"] for note in dev.notes()}


def test_a_variable_that_names_another_state_is_told(enabled: Clone) -> None:
    enabled.environ["PULUMI_BACKEND_URL"] = "gs://shell"
    lines = enabled.run(*DEV, "--yes", "--backend", "local").stdout.splitlines()
    assert ["Next:", "    unset PULUMI_BACKEND_URL"] == lines[-4:-2]


def test_the_state_of_a_variable_is_remembered_so_that_a_new_shell_needs_none(dev: Clone) -> None:
    dev.environ["PULUMI_BACKEND_URL"] = "gs://shell"
    dev.run(*DEV, "--yes")
    assert "login gs://shell" in dev.changes()


def test_a_stack_without_a_key_gets_the_empty_passphrase_and_one_with_a_key_is_created_with_it(dev: Clone) -> None:
    dev.run(*DEV, "--yes")
    assert {""} == {note["passphrase"] for note in dev.notes()}
    dev.forget()
    dev.run(*DEV, "--yes", "--secrets-provider", "gcpkms://key")
    assert "stack select dev --create --secrets-provider gcpkms://key" in dev.changes()
