"""`data-api dead-letters list` and `show`, and how the commands select dead letters."""

import json
from collections.abc import Sequence

import pytest

from tests.support.ops.local_dead_letters import ADA, FAILING, OWN, PORT, REFUSED, LocalDeadLetters, failure, message


def test_dead_letters_are_listed_by_reason_the_most_frequent_first(local: LocalDeadLetters) -> None:
    local.store((message(), failure(0)), (b"garbage", failure(1, FAILING)), (message(), failure(2)))
    expected = [
        f"2\t2026-01-31 12:00:00\t2026-01-31 14:00:00\t{REFUSED}",
        f"1\t2026-01-31 13:00:00\t2026-01-31 13:00:00\t{FAILING}",
    ]
    assert expected == local.command("list").stdout.splitlines()


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
def test_dead_letters_are_selected_by_a_prefix_of_their_reason_and_by_time(
    local: LocalDeadLetters, arguments: Sequence[str], expected: list[int]
) -> None:
    ids = local.store((message(), failure(0)), (b"garbage", failure(1, FAILING)), (message(), failure(2)))
    assert [ids[number] for number in expected] == [listed["id"] for listed in local.listed(*arguments)["deadLetters"]]


def test_a_dead_letter_is_shown_without_its_payload_by_default(local: LocalDeadLetters) -> None:
    (id_,) = local.store((message("a" * 32), failure()))
    hidden, whole = (local.command("show", id_, *option).stdout for option in ([], ["--payload"]))
    for shown in (hidden, whole):
        for part in (id_, ADA, "a" * 32, REFUSED, "persist", OWN["traceparent"]):
            assert part in shown
    assert ("secret" in hidden, "secret" in whole) == (False, True)


def test_a_dead_letter_is_shown_by_the_id_of_its_record(local: LocalDeadLetters) -> None:
    (id_,) = local.store((message("a" * 32), failure()))
    assert local.command("show", id_).stdout == local.command("show", "a" * 32).stdout


def test_two_dead_letters_of_one_record_are_both_shown(local: LocalDeadLetters) -> None:
    ids = local.store((message("a" * 32), failure()), (message("a" * 32, b'{"other": 1}'), failure(1)))
    shown = local.command("show", "a" * 32).stdout
    assert 2 == len(set(ids))
    assert all(id_ in shown for id_ in ids)


@pytest.mark.parametrize(
    ("data", "expected"), [(b'{"a":"\x1b"}', ("payload", '{"a":"\x1b"}')), (b"\xff", ("payloadBase64", "/w=="))]
)
def test_a_dead_letter_is_shown_as_json(local: LocalDeadLetters, data: bytes, expected: tuple[str, str]) -> None:
    (id_,) = local.store((data, failure()))
    hidden, shown = (json.loads(local.command("show", id_, "--json", *option).stdout) for option in ([], ["--payload"]))
    assert (id_, REFUSED, OWN["traceparent"]) == (hidden["id"], hidden["reason"], hidden["attributes"]["traceparent"])
    assert expected == next((name, shown[name]) for name in shown.keys() - hidden.keys())


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_ids_are_never_cut_in_a_terminal(
    local: LocalDeadLetters, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (id_,) = local.store((message("a" * 32), failure()))
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")
    listed = local.command("list", "--reason", "Firestore").stdout
    assert id_ in listed
    assert "a" * 32 in listed
    local.command("discard", id_, "--yes")
    assert id_ in local.command("log").stdout


def test_control_characters_in_a_payload_are_escaped(local: LocalDeadLetters) -> None:
    (id_,) = local.store((b"\x1b[2J\xff", failure()))
    assert "\\x1b[2J\\xff\n" in local.command("show", id_, "--payload").stdout


@pytest.mark.parametrize("command", ["replay", "discard"])
@pytest.mark.parametrize("arguments", [[], ["--all", "--reason", "x"], ["a" * 32, "--all"]])
def test_replay_and_discard_need_a_selection(local: LocalDeadLetters, command: str, arguments: list[str]) -> None:
    result = local.command(command, *arguments)
    assert (2, True) == (result.exit_code, "Give ids, or --reason, or --all." in result.stderr)


@pytest.mark.parametrize("arguments", [["show"], ["replay"], ["discard", "--yes"]])
def test_an_unknown_id_is_reported_and_nothing_is_changed(local: LocalDeadLetters, arguments: list[str]) -> None:
    local.store((message(), failure()))
    result = local.command(*arguments[:1], "b" * 32, *arguments[1:])
    assert (5, True) == (result.exit_code, f"There is no dead letter with the id {'b' * 32}" in result.stderr)
    assert 1 == len(local.listed()["deadLetters"])


@pytest.mark.parametrize("state", [None, "{", "[]", '{"emulators": {}}'])
def test_without_a_local_stack_the_error_says_how_to_start_one(local: LocalDeadLetters, state: str | None) -> None:
    file = local.dependencies.root / ".data-api" / str(PORT) / "state.json"
    file.unlink() if state is None else file.write_text(state)
    result = local.command("list")
    assert (8, True) == (result.exit_code, "No local stack runs on port 8080: start it with" in result.stderr)


def test_an_emulator_that_does_not_answer_is_reported_as_a_stopped_stack(local: LocalDeadLetters) -> None:
    file = local.dependencies.root / ".data-api" / str(PORT) / "state.json"
    file.write_text(file.read_text().replace(local.firestore.host, "127.0.0.1:1"))
    assert "No local stack runs on port 8080" in local.command("list").stderr
