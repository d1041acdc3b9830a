"""Setup for all tiers of tests."""

import pytest

pytest.register_assert_rewrite("tests.support.functions.calls")  # so that its asserts show what they compared
