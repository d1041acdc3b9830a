"""How long the supervisor waits."""

from data_api.stack.runtime.supervisor import pause_before_restart


def test_a_function_that_always_ends_at_once_is_restarted_with_backoff() -> None:
    assert [0, 0, 1, 2, 4, 8, 16, 30, 30] == [pause_before_restart(short_lives) for short_lives in range(9)]


def test_the_backoff_has_a_limit_for_any_number_of_restarts() -> None:
    assert 30 == pause_before_restart(100_000)
