"""A call that Google rejects ends a command with the exit code of its status."""

import pytest

from data_api.ops.errors import GoogleError


@pytest.mark.parametrize(
    ("status", "exit_code"), [(0, 8), (400, 1), (401, 3), (403, 4), (404, 5), (409, 1), (429, 8), (503, 8)]
)
def test_the_exit_code_follows_from_the_status(status: int, exit_code: int) -> None:
    error = GoogleError("No.", status=status, reason="", service="firestore.googleapis.com")
    assert exit_code == error.exit_code
