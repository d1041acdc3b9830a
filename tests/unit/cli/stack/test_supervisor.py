"""How long the supervisor waits."""

from data_api.stack.runtime.supervisor import pause_before_restart


def test_a_function_that_ends_at_once_again_and_again_is_started_ever_more_slowly() -> None:
    assert [0, 0, 1, 2, 4, 8, 16, 30, 30] == [pause_before_restart(short_lives) for short_lives in range(9)]


def test_no_number_of_short_lives_is_too_large() -> None:
    assert 30 == pause_before_restart(100_000)
