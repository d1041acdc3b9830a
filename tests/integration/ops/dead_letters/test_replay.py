"""`data-api dead-letters replay`."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from data_api.ops.dead_letters import actions, documents
from data_api.ops.dead_letters.target import Target, target
from tests.support.ops.local_dead_letters import (
    FAILING,
    NOON,
    OWN,
    PORT,
    LocalDeadLetters,
    failure,
    message,
)


def test_a_replayed_dead_letter_is_published_unchanged_and_no_longer_listed(local: LocalDeadLetters) -> None:
    sent = message("a" * 32)
    (id_,) = local.store((sent, failure()))
    result = local.command("replay", id_)
    assert (0, "1 dead letter replayed.\n") == (result.exit_code, result.stdout)
    (published,) = local.published()
    assert sent == base64.b64decode(published["data"])
    assert OWN | {"replay": "1"} == published["attributes"]
    assert [] == local.listed()["deadLetters"]
    (listed,) = local.listed("--all")["deadLetters"]
    assert (1, True) == (listed["replays"], listed["replayedAt"] is not None)
    assert local.reason_for("a" * 32) is None
    assert "Replayed, and not failed again: 1" in local.command("list").stderr


def test_a_replayed_dead_letter_expires_after_31_days_or_when_it_would_have_expired(local: LocalDeadLetters) -> None:
    (lasting,) = local.store((message(), failure()))
    local.retention = timedelta(days=1)
    (expiring,) = local.store((message(), failure()))
    local.command("replay", "--all")
    expiry = {
        listed["id"]: datetime.fromisoformat(listed["expiresAt"]) for listed in local.listed("--all")["deadLetters"]
    }
    assert NOON + timedelta(days=1) == expiry[expiring]
    assert timedelta(days=30) < expiry[lasting] - datetime.now(UTC) < timedelta(days=31)


def test_a_dead_letter_that_fails_again_after_its_replay_is_listed_with_all_its_attempts(
    local: LocalDeadLetters,
) -> None:
    sent = message("a" * 32)
    (id_,) = local.store((sent, failure()))
    local.command("replay", id_)
    assert [id_] == local.store((sent, failure(3, FAILING)))
    (listed,) = local.listed()["deadLetters"]
    assert (10, 1, FAILING) == (listed["attempts"], listed["replays"], listed["reason"])
    assert FAILING == local.reason_for("a" * 32)
    local.command("replay", "--all")
    assert ["1", "2"] == sorted(message["attributes"]["replay"] for message in local.published())


def test_a_dead_letter_that_fails_again_during_its_replay_stays_listed(local: LocalDeadLetters) -> None:
    """Otherwise it would be hidden and its sender get 404, although no message is in flight."""
    sent = message()
    (id_,) = local.store((sent, failure()))

    class FailsAgain:
        def change(self, *_: object, **__: object) -> None:
            local.store((sent, failure(1, FAILING)))

    with target(local.dependencies, None, PORT) as stack:
        chosen = documents.matching(stack, None, None)
        failing: Target = replace(stack, pubsub=FailsAgain())  # type: ignore[arg-type]  # only `change` is called
        outcome = actions.replay(failing, chosen, actions.Pace(100, lambda _: None), lambda _: None)
    assert (0, 1) == (outcome.done, outcome.changed)
    assert [id_] == [listed["id"] for listed in local.listed()["deadLetters"]]


def test_a_dry_run_only_lists_what_would_be_replayed(local: LocalDeadLetters) -> None:
    (id_,) = local.store((message(), failure()))
    result = local.command("replay", "--reason", "Firestore", "--dry-run")
    assert (0, id_) == (result.exit_code, result.stdout.partition("\t")[0])
    assert [] == local.published()
    assert "" == local.command("log").stdout
    assert [id_] == [listed["id"] for listed in local.listed()["deadLetters"]]


def test_a_replay_is_not_faster_than_its_rate(local: LocalDeadLetters) -> None:
    local.store(*((message(), failure(hour)) for hour in range(5)))
    assert 0 == local.command("replay", "--all", "--rate", "2").exit_code
    assert 5 == len(local.published())
    pauses = local.pauses
    assert 3 == len(pauses)
    assert all(0.5 < pause <= 1 for pause in pauses[:2])
    assert 0 < pauses[2] <= 0.5


def test_a_message_too_long_for_a_document_is_not_replayed_and_the_output_names_its_subscription(
    local: LocalDeadLetters,
) -> None:
    local.store((b"x" * 2_000_000, failure()), (message(), failure()))
    result = local.command("replay", "--all")
    assert 1 == result.exit_code
    assert "1 dead letter replayed.\n1 dead letter not replayed. The message is longer" in result.stdout
    assert 1 == len(local.published())
    (remaining,) = local.listed()["deadLetters"]
    assert "retained subscription" in local.command("show", remaining["id"], "--payload").stdout


def test_large_dead_letters_are_published_in_several_requests(local: LocalDeadLetters) -> None:
    large = b'{"informationOne":"%b"}' % (b"x" * 950_000)
    ids = local.store(*((message(data=large), failure(hour)) for hour in range(12)))
    assert "12 dead letters replayed.\n" == local.command("replay", "--all").stdout
    logged = [line.split("\t") for line in local.command("log").stdout.splitlines()]
    assert [2, 5, 5] == sorted(int(line[3]) for line in logged)
    assert sorted(ids) == sorted(id_ for line in logged for id_ in line[4].split())
