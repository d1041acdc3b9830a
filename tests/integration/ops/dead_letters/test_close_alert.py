"""`data-api dead-letters close-alert`: the subscription whose messages the alert counts is emptied."""

from tests.support.ops.local_dead_letters import LocalDeadLetters, failure, message


def test_the_alert_is_closed_when_no_dead_letter_is_waiting(local: LocalDeadLetters) -> None:
    (id_,) = local.store((message(), failure()))
    local.publish_copy(b"a copy")
    local.command("replay", id_)

    result = local.command("close-alert")

    assert (0, "The copies of all dead letters are deleted; the alert closes within minutes.\n") == (
        result.exit_code,
        result.stdout,
    )
    assert [] == local.copies()


def test_the_alert_stays_while_a_dead_letter_is_waiting(local: LocalDeadLetters) -> None:
    local.store((message(), failure()))
    local.publish_copy(b"a copy")

    result = local.command("close-alert")

    assert (1, True) == (result.exit_code, "1 dead letter not yet replayed or discarded" in result.stderr)
    assert 1 == len(local.copies())


def test_the_alert_can_be_closed_by_force(local: LocalDeadLetters) -> None:
    local.store((message(), failure()))
    local.publish_copy(b"a copy")
    assert 0 == local.command("close-alert", "--force").exit_code
    assert [] == local.copies()
