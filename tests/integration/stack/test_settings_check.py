"""The check of the functions' settings, by the functions' own reader."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from data_api.shared.errors import CliError
from data_api.stack.commands import FUNCTIONS
from data_api.stack.runtime.settings_check import settings_check


def check(environ: Mapping[str, str], functions: Path = FUNCTIONS) -> None:
    with settings_check(functions, environ) as started:
        started.wait()


@pytest.mark.parametrize(
    ("variable", "value", "start"),
    [
        ("DATA_API_LIMITS", "foo", "DATA_API_LIMITS must be a JSON object such as"),
        ("DATA_API_GRANTS", '{"data.admin": []}', "DATA_API_GRANTS has the unknown role 'data.admin'"),
        ("DATA_API_CORS_ORIGINS", "x", "DATA_API_CORS_ORIGINS has 'x', which is not an origin"),
        ("RETENTION_DAYS", "x", "RETENTION_DAYS must be a whole number of days"),
    ],
)
def test_an_invalid_setting_is_reported_by_the_name_that_the_user_has_set(
    variable: str, value: str, start: str
) -> None:
    with pytest.raises(CliError) as raised:
        check({variable: value})
    assert raised.value.message.startswith(start)
    assert raised.value.message.endswith("; correct or unset it, then try again.")


def test_valid_settings_and_functions_without_the_reader_pass(tmp_path: Path) -> None:
    check({"DATA_API_LIMITS": '{"data.write": {"rate": 50, "burst": 1000}}'})
    check({"DATA_API_LIMITS": "foo"}, tmp_path)


def test_a_check_that_is_not_waited_for_is_not_left_running() -> None:
    with settings_check(FUNCTIONS, {}) as started:
        assert started.program is not None
    assert started.program.returncode is not None
