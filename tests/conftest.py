"""What all tiers of tests have in common."""

import pytest

pytest.register_assert_rewrite("tests.support.functions.calls")  # so that its asserts show what they compared
