"""`data-api dead-letters discard`, and the log of replays and discards."""

from datetime import UTC, datetime

import pytest

from data_api.ops.dead_letters import actions, documents
from data_api.ops.dead_letters.target import target
from tests.support.ops.local_dead_letters import PORT, LocalDeadLetters, failure, message


def test_discard_asks_for_confirmation_and_no_changes_nothing(local: LocalDeadLetters) -> None:
    (id_,) = local.store((message(), failure()))
    result = local.command("discard", id_, answer="n\n")
    assert (1, True) == (result.exit_code, "Delete 1 dead letter? This cannot be undone." in result.stderr)
    assert [id_] == [listed["id"] for listed in local.listed()["deadLetters"]]
    assert "" == local.command("log").stdout


@pytest.mark.parametrize(("options", "answer"), [(["--yes"], ""), ([], "y\n")])
def test_a_discarded_dead_letter_is_deleted_and_its_record_is_unknown(
    local: LocalDeadLetters, options: list[str], answer: str
) -> None:
    (id_,) = local.store((message("a" * 32), failure()))
    result = local.command("discard", "--reason", "Firestore", *options, answer=answer)
    assert (0, "1 dead letter discarded.") == (result.exit_code, result.stdout.splitlines()[-1])
    assert [] == local.listed("--all")["deadLetters"] == local.published()
    assert local.reason_for("a" * 32) is None
    assert f"\tdiscard\t1\t{id_}\n" in local.command("log").stdout


def test_a_dead_letter_that_failed_again_since_it_was_listed_is_not_discarded(local: LocalDeadLetters) -> None:
    sent = message()
    (id_,) = local.store((sent, failure()))
    with target(local.dependencies, None, PORT) as stack:
        chosen = documents.matching(stack, None, None)
        local.store((sent, failure(1)))
        outcome = actions.discard(stack, chosen, lambda _: None)
    assert (0, 1) == (outcome.done, outcome.changed)
    assert [id_] == [listed["id"] for listed in local.listed()["deadLetters"]]


def test_every_replay_and_discard_is_logged_with_actor_and_time(local: LocalDeadLetters) -> None:
    (id_,) = local.store((message(), failure()))
    before = datetime.now(UTC).replace(microsecond=0)
    local.command("replay", id_)
    local.command("discard", id_, "--yes")
    discarded, replayed = (line.split("\t") for line in local.command("log").stdout.splitlines())
    assert [("discard", "1", id_), ("replay", "1", id_)] == [tuple(line[2:]) for line in (discarded, replayed)]
    assert all(" on " in line[1] for line in (discarded, replayed))
    assert before <= datetime.fromisoformat(f"{replayed[0]}+00:00") <= datetime.fromisoformat(f"{discarded[0]}+00:00")
