"""The operator's workbench with both official emulators behind it; letters are written by the functions' adapter."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner, Result

from data_api.ops.dead_letters import actions, documents
from data_api.ops.dead_letters.commands import dead_letters
from data_api.ops.dead_letters.target import Target, target
from data_api.ops.dependencies import Dependencies
from data_api.shared import stack_state
from data_api.shared.stack_state import StackState
from dataapi.messages import dead_letter
from dataapi.messages.dead_letter import Failure
from dataapi.messages.push import Delivery
from dataapi.records import record
from tests.support.functions import adapters
from tests.support.functions.adapters import PROJECT, Emulator

Json = Any
ReasonFor = Callable[[str, str], Awaitable[str | None]]

PORT = 8080
ADA = "ada@accounts.google.com"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REFUSED, FAILING = "Firestore rejected the write", dead_letter.ATTEMPTS_EXHAUSTED
ADDED = {"CloudPubSubDeadLetterSourceSubscription": "persist", "CloudPubSubDeadLetterSourceDeliveryCount": "5"}
OWN = {"schemaVersion": "1", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


@dataclass
class Workbench:
    """A local stack as far as the commands know of it, and its letters."""

    firestore: Emulator
    pubsub: str  # http://host:port/v1
    database: str
    dependencies: Dependencies
    pauses: list[float] = field(default_factory=list)
    retention: timedelta | None = None

    def dead_letter(self, *buried: tuple[bytes, Failure]) -> list[str]:
        """Keeps messages as `dead-letter` does, and gives the ids of their letters."""

        async def keep() -> list[str]:
            async with adapters.dead_letter_store_at(self.firestore.host, self.database, self.retention) as store:
                return [await store.save(_letter(*each)) for each in buried]

        return asyncio.run(keep())

    def ask(self, question: Callable[[ReasonFor], Any]) -> object:
        async def told() -> object:
            async with adapters.dead_letter_store_at(self.firestore.host, self.database) as store:
                return await question(store.reason_for)

        return asyncio.run(told())

    def command(self, *arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(dead_letters, arguments, obj=self.dependencies, input=answer)

    def listed(self, *arguments: str) -> Json:
        return json.loads(self.command("list", "--json", *arguments).stdout)

    def published(self) -> list[Json]:
        """What has arrived on the topic since the last look."""
        address = f"{self.pubsub}/projects/{PROJECT}/subscriptions/{self.database}"
        body = {"maxMessages": 100, "returnImmediately": True}
        received = httpx.post(f"{address}:pull", json=body).json().get("receivedMessages", [])
        if received:
            httpx.post(f"{address}:acknowledge", json={"ackIds": [each["ackId"] for each in received]})
        return [each["message"] for each in received]


@pytest.fixture
def workbench(firestore: Emulator, pubsub: Emulator, tmp_path: Path) -> Workbench:
    name = f"letters-{uuid4().hex}"
    base = f"http://{pubsub.host}/v1"
    topic = f"projects/{PROJECT}/topics/{name}"
    httpx.put(f"{base}/{topic}", json={}).raise_for_status()
    httpx.put(f"{base}/projects/{PROJECT}/subscriptions/{name}", json={"topic": topic}).raise_for_status()
    folder = tmp_path / ".data-api" / str(PORT)
    folder.mkdir(parents=True)
    emulators = {"FIRESTORE_EMULATOR_HOST": firestore.host, "PUBSUB_EMULATOR_HOST": pubsub.host}
    names = {"project": PROJECT, "database": name, "topic": name}
    stack_state.write(folder, StackState("", stack_state.READY, 1, 0.0, "", names, emulators, ()))
    pauses: list[float] = []
    dependencies = Dependencies(root=tmp_path, environ={stack_state.HOME_VARIABLE: str(tmp_path)}, pause=pauses.append)
    return Workbench(firestore, base, name, dependencies, pauses)


def message(record_id: str = "", data: bytes = b'{"informationOne":"secret"}') -> bytes:
    return record.message(record.receipt(record_id or uuid4().hex, NOON), ADA, data)


def died(hours: int = 0, reason: str = REFUSED) -> Failure:
    return Failure(uuid4().hex, NOON + hours * HOUR, 5, reason)


def _letter(data: bytes, death: Failure) -> dead_letter.DeadLetter:
    delivery = Delivery(death.message_id, None, OWN | ADDED, data)
    return replace(dead_letter.read(delivery, death.reason), failure=death)


def test_letters_are_grouped_by_reason_the_most_frequent_first(workbench: Workbench) -> None:
    workbench.dead_letter((message(), died(0)), (b"garbage", died(1, FAILING)), (message(), died(2)))
    expected = [
        f"2\t2026-01-31 12:00:00\t2026-01-31 14:00:00\t{REFUSED}",
        f"1\t2026-01-31 13:00:00\t2026-01-31 13:00:00\t{FAILING}",
    ]
    assert expected == workbench.command("list").stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--reason", "Firestore"], [2, 0]),
        (["--reason", "Firestore rejected the writes"], []),
        (["--since", "2026-01-31T13:00:00Z"], [2, 1]),
        (["--since", "2026-01-31T13:00:01+00:00", "--reason", REFUSED], [2]),
        (["--since", "1h"], []),
        ([], [2, 1, 0]),
    ],
)
def test_letters_are_chosen_by_the_beginning_of_their_reason_and_by_time(
    workbench: Workbench, arguments: Sequence[str], expected: list[int]
) -> None:
    ids = workbench.dead_letter((message(), died(0)), (b"garbage", died(1, FAILING)), (message(), died(2)))
    assert [ids[each] for each in expected] == [
        dead_letter["id"] for dead_letter in workbench.listed(*arguments)["deadLetters"]
    ]


def test_a_letter_is_shown_with_all_but_what_the_user_sent(workbench: Workbench) -> None:
    (id_,) = workbench.dead_letter((message("a" * 32), died()))
    hidden, whole = (workbench.command("show", id_, *option).stdout for option in ([], ["--payload"]))
    for shown in (hidden, whole):
        for part in (id_, ADA, "a" * 32, REFUSED, "persist", OWN["traceparent"]):
            assert part in shown
    assert ("secret" in hidden, "secret" in whole) == (False, True)


def test_what_a_user_sent_cannot_steer_the_terminal(workbench: Workbench) -> None:
    (id_,) = workbench.dead_letter((b"\x1b[2J\xff", died()))
    assert "\\x1b[2J\\xff\n" in workbench.command("show", id_, "--payload").stdout


def test_a_replayed_letter_is_published_as_it_was_and_no_longer_listed(workbench: Workbench) -> None:
    sent = message("a" * 32)
    (id_,) = workbench.dead_letter((sent, died()))
    result = workbench.command("replay", id_)
    assert (0, "1 dead letter replayed.\n") == (result.exit_code, result.stdout)
    (published,) = workbench.published()
    assert sent == base64.b64decode(published["data"])
    assert OWN | {"replay": "1"} == published["attributes"]
    assert [] == workbench.listed()["deadLetters"]
    (listed,) = workbench.listed("--all")["deadLetters"]
    assert (1, True) == (listed["replays"], listed["replayedAt"] is not None)
    assert workbench.ask(lambda tell: tell(ADA, "a" * 32)) is None
    assert "Replayed, and not failed again: 1" in workbench.command("list").stderr


def test_a_replayed_letter_goes_after_31_days_or_when_it_would_have_gone(workbench: Workbench) -> None:
    (lasting,) = workbench.dead_letter((message(), died()))
    workbench.retention = timedelta(days=1)
    (expiring,) = workbench.dead_letter((message(), died()))
    workbench.command("replay", "--all")
    expiry = {
        dead_letter["id"]: datetime.fromisoformat(dead_letter["expiresAt"])
        for dead_letter in workbench.listed("--all")["deadLetters"]
    }
    assert NOON + timedelta(days=1) == expiry[expiring]
    assert timedelta(days=30) < expiry[lasting] - datetime.now(UTC) < timedelta(days=31)


def test_what_dies_again_after_its_replay_is_listed_again_with_all_its_attempts(workbench: Workbench) -> None:
    sent = message("a" * 32)
    (id_,) = workbench.dead_letter((sent, died()))
    workbench.command("replay", id_)
    assert [id_] == workbench.dead_letter((sent, died(3, FAILING)))
    (listed,) = workbench.listed()["deadLetters"]
    assert (10, 1, FAILING) == (listed["attempts"], listed["replays"], listed["reason"])
    assert FAILING == workbench.ask(lambda tell: tell(ADA, "a" * 32))
    workbench.command("replay", "--all")
    assert ["1", "2"] == sorted(each["attributes"]["replay"] for each in workbench.published())


def test_a_letter_that_dies_again_while_it_is_replayed_stays_listed(workbench: Workbench) -> None:
    """Else it would be hidden, and its sender be told 404, though nothing is on its way."""
    sent = message()
    (id_,) = workbench.dead_letter((sent, died()))

    class Dying:
        def change(self, *_: object, **__: object) -> None:
            workbench.dead_letter((sent, died(1, FAILING)))

    with target(workbench.dependencies, None, PORT) as here:
        chosen = documents.matching(here, None, None)
        there: Target = replace(here, pubsub=Dying())  # type: ignore[arg-type]  # all that is asked of it
        outcome = actions.replay(there, chosen, actions.Pace(100, lambda _: None), lambda _: None)
    assert (0, 1) == (outcome.done, outcome.changed)
    assert [id_] == [dead_letter["id"] for dead_letter in workbench.listed()["deadLetters"]]


def test_a_dry_run_only_says_what_would_be_replayed(workbench: Workbench) -> None:
    (id_,) = workbench.dead_letter((message(), died()))
    result = workbench.command("replay", "--reason", "Firestore", "--dry-run")
    assert (0, id_) == (result.exit_code, result.stdout.partition("\t")[0])
    assert [] == workbench.published()
    assert "" == workbench.command("log").stdout
    assert [id_] == [dead_letter["id"] for dead_letter in workbench.listed()["deadLetters"]]


def test_a_replay_keeps_to_its_rate(workbench: Workbench) -> None:
    workbench.dead_letter(*((message(), died(hour)) for hour in range(5)))
    assert 0 == workbench.command("replay", "--all", "--rate", "2").exit_code
    assert 5 == len(workbench.published())
    pauses = workbench.pauses
    assert 3 == len(pauses)
    assert all(0.5 < pause <= 1 for pause in pauses[:2])
    assert 0 < pauses[2] <= 0.5


def test_a_message_that_no_document_holds_is_not_replayed_and_it_is_said_where_it_stands(workbench: Workbench) -> None:
    workbench.dead_letter((b"x" * 2_000_000, died()), (message(), died()))
    result = workbench.command("replay", "--all")
    assert 1 == result.exit_code
    assert "1 dead letter replayed.\n1 dead letter not replayed. The message is longer" in result.stdout
    assert 1 == len(workbench.published())
    (left,) = workbench.listed()["deadLetters"]
    assert "retained subscription" in workbench.command("show", left["id"], "--payload").stdout


def test_letters_that_are_large_together_are_published_apart(workbench: Workbench) -> None:
    large = b'{"informationOne":"%b"}' % (b"x" * 950_000)
    ids = workbench.dead_letter(*((message(data=large), died(hour)) for hour in range(12)))
    assert "12 dead letters replayed.\n" == workbench.command("replay", "--all").stdout
    logged = [line.split("\t") for line in workbench.command("log").stdout.splitlines()]
    assert [2, 5, 5] == sorted(int(line[3]) for line in logged)
    assert sorted(ids) == sorted(id_ for line in logged for id_ in line[4].split())


def test_discarding_asks_first_and_a_no_leaves_everything(workbench: Workbench) -> None:
    (id_,) = workbench.dead_letter((message(), died()))
    result = workbench.command("discard", id_, answer="n\n")
    assert (1, True) == (result.exit_code, "Delete 1 dead letter? This cannot be undone." in result.stderr)
    assert [id_] == [dead_letter["id"] for dead_letter in workbench.listed()["deadLetters"]]
    assert "" == workbench.command("log").stdout


@pytest.mark.parametrize(("options", "answer"), [(["--yes"], ""), ([], "y\n")])
def test_a_discarded_letter_is_gone_and_its_record_unknown(
    workbench: Workbench, options: list[str], answer: str
) -> None:
    (id_,) = workbench.dead_letter((message("a" * 32), died()))
    result = workbench.command("discard", "--reason", "Firestore", *options, answer=answer)
    assert (0, "1 dead letter discarded.") == (result.exit_code, result.stdout.splitlines()[-1])
    assert [] == workbench.listed("--all")["deadLetters"] == workbench.published()
    assert workbench.ask(lambda tell: tell(ADA, "a" * 32)) is None
    assert f"\tdiscard\t1\t{id_}\n" in workbench.command("log").stdout


def test_a_letter_that_died_again_since_it_was_listed_is_not_discarded(workbench: Workbench) -> None:
    sent = message()
    (id_,) = workbench.dead_letter((sent, died()))
    with target(workbench.dependencies, None, PORT) as here:
        chosen = documents.matching(here, None, None)
        workbench.dead_letter((sent, died(1)))
        outcome = actions.discard(here, chosen, lambda _: None)
    assert (0, 1) == (outcome.done, outcome.changed)
    assert [id_] == [dead_letter["id"] for dead_letter in workbench.listed()["deadLetters"]]


def test_every_replay_and_discard_is_logged_with_who_and_when(workbench: Workbench) -> None:
    (id_,) = workbench.dead_letter((message(), died()))
    before = datetime.now(UTC).replace(microsecond=0)
    workbench.command("replay", id_)
    workbench.command("discard", id_, "--yes")
    discarded, replayed = (line.split("\t") for line in workbench.command("log").stdout.splitlines())
    assert [("discard", "1", id_), ("replay", "1", id_)] == [tuple(line[2:]) for line in (discarded, replayed)]
    assert all(" on " in line[1] for line in (discarded, replayed))
    assert before <= datetime.fromisoformat(f"{replayed[0]}+00:00") <= datetime.fromisoformat(f"{discarded[0]}+00:00")


@pytest.mark.parametrize("command", ["replay", "discard"])
@pytest.mark.parametrize("arguments", [[], ["--all", "--reason", "x"], ["a" * 32, "--all"]])
def test_it_has_to_be_said_which_letters(workbench: Workbench, command: str, arguments: list[str]) -> None:
    result = workbench.command(command, *arguments)
    assert (2, True) == (result.exit_code, "Give ids of dead letters, or --reason, or --all." in result.stderr)


@pytest.mark.parametrize("arguments", [["show"], ["replay"], ["discard", "--yes"]])
def test_a_letter_that_is_not_there_is_named_and_nothing_is_done(workbench: Workbench, arguments: list[str]) -> None:
    workbench.dead_letter((message(), died()))
    result = workbench.command(*arguments[:1], "b" * 32, *arguments[1:])
    assert (1, True) == (result.exit_code, f"There is no dead letter {'b' * 32}" in result.stderr)
    assert 1 == len(workbench.listed()["deadLetters"])


@pytest.mark.parametrize("state", [None, "{", "[]", '{"emulators": {}}'])
def test_without_a_local_stack_it_is_said_how_to_start_one(workbench: Workbench, state: str | None) -> None:
    file = workbench.dependencies.root / ".data-api" / str(PORT) / "state.json"
    file.unlink() if state is None else file.write_text(state)
    result = workbench.command("list")
    assert (1, True) == (result.exit_code, "No local stack runs on port 8080: start it with" in result.stderr)


def test_a_local_stack_that_is_gone_is_no_service_of_googles_that_does_not_answer(workbench: Workbench) -> None:
    file = workbench.dependencies.root / ".data-api" / str(PORT) / "state.json"
    file.write_text(file.read_text().replace(workbench.firestore.host, "127.0.0.1:1"))
    assert "No local stack runs on port 8080" in workbench.command("list").stderr
