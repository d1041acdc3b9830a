"""Replays dead letters through the topic that they came from, or discards them; and logs who did it.

Owns the order of things: the entry in deadLetterLog/{id} first, so that nothing happens unlogged; then the message is
published; then the dead letter is marked, unless it has failed again meanwhile. Broken off anywhere, the same
command goes on:
a record that is published twice is stored once.
"""

import base64
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data_api.ops.dead_letters import documents
from data_api.ops.dead_letters.documents import DeadLetter, Message
from data_api.ops.dead_letters.target import Target
from data_api.ops.google_api import Json, written
from data_api.shared.errors import CliError

LOG = "deadLetterLog"
REPLAY, DISCARD = "replay", "discard"
_KEPT = timedelta(
    days=31
)  # after its replay, as long as the dead-letter topic's retained subscription keeps the message
_AT_ONCE = 100  # dead letters
_BYTES_AT_ONCE = 5_000_000  # of messages; a publish request takes 10 MB, and base64 makes them a third longer
_ADDED = "CloudPubSub"  # begins the attributes that Pub/Sub adds to a dead letter
_ATTRIBUTE = "replay"  # tells the lives of a message apart: functions/dataapi/messages/dead_letter.py
_OK, _CHANGED = 0, {5, 9, 10}  # google.rpc.Code: not found, failed precondition, aborted

Progress = Callable[[int], None]  # so many more dead letters are done


@dataclass(slots=True)
class Outcome:
    """What became of the dead letters that were to be replayed or discarded."""

    done: int = 0
    changed: int = 0  # died again, or went, while this ran
    not_whole: int = 0  # the document is without the message, which is too large


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    at: datetime
    actor: str
    action: str
    dead_letters: Sequence[str]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many dead letters a second, and how to wait."""

    rate: int
    pause: Callable[[float], None]  # seconds
    clock: Callable[[], float] = time.monotonic


def replay(target: Target, chosen: Sequence[DeadLetter], pace: Pace, progress: Progress) -> Outcome:
    """Publishes the messages again; raises CliError where Google refuses."""
    outcome = Outcome()
    for group in _groups(chosen, min(_AT_ONCE, pace.rate)):
        began = pace.clock()
        messages = documents.whole(target, [each.id for each in group])
        whole = [each for each in messages if each.dead_letter.whole]
        outcome.changed += len(group) - len(messages)
        outcome.not_whole += len(messages) - len(whole)
        if whole:
            _log(target, REPLAY, [each.dead_letter.id for each in whole])
            _publish(target, whole)
            _count(outcome, _write(target, [_marking(target, each.dead_letter) for each in whole]))
        progress(len(group))
        pace.pause(max(0.0, len(group) / pace.rate - (pace.clock() - began)))
    return outcome


def discard(target: Target, chosen: Sequence[DeadLetter], progress: Progress) -> Outcome:
    """Deletes the dead letters; raises CliError if Google rejects it."""
    outcome = Outcome()
    for group in _groups(chosen, _AT_ONCE):
        _log(target, DISCARD, [each.id for each in group])
        _count(outcome, _write(target, [_deletion(target, each) for each in group]))
        progress(len(group))
    return outcome


def log(target: Target, limit: int) -> list[Entry]:
    """The last entries, the newest first."""
    query = {
        "from": [{"collectionId": LOG}],
        "orderBy": [{"field": {"fieldPath": "at"}, "direction": "DESCENDING"}],
        "limit": limit,
    }
    fields = (
        {name: documents.plain(value) for name, value in each["fields"].items()}
        for each in documents.run(target, query)
    )
    return [Entry(field["at"], field["actor"], field["action"], field["deadLetters"]) for field in fields]


def _groups(chosen: Sequence[DeadLetter], most: int) -> Iterator[list[DeadLetter]]:
    """What goes in one request: at least one dead letter, whatever its size."""
    group: list[DeadLetter] = []
    for dead_letter in chosen:
        if group and (len(group) == most or sum(each.size for each in group) + dead_letter.size > _BYTES_AT_ONCE):
            yield group
            group = []
        group.append(dead_letter)
    if group:
        yield group


def _log(target: Target, action: str, ids: Sequence[str]) -> None:
    fields = {
        "actor": {"stringValue": target.actor},
        "action": {"stringValue": action},
        "deadLetters": {"arrayValue": {"values": [{"stringValue": id_} for id_ in ids]}},
    }
    entry = {
        "update": {"name": f"{target.database}/documents/{LOG}/{uuid.uuid4().hex}", "fields": fields},
        "updateTransforms": [{"fieldPath": "at", "setToServerValue": "REQUEST_TIME"}],
        "currentDocument": {"exists": False},
    }
    target.firestore.change("POST", "firestore", f"/v1/{target.database}/documents:commit", body={"writes": [entry]})


def _publish(target: Target, messages: Sequence[Message]) -> None:
    body = {"messages": [_again(message) for message in messages]}
    target.pubsub.change("POST", "pubsub", f"/v1/{target.topic}:publish", body=body)


def _again(message: Message) -> Json:
    """The message as it was before it died, and which of its lives begins."""
    own = {name: value for name, value in message.attributes.items() if not name.startswith(_ADDED)}
    attributes = {**own, _ATTRIBUTE: str(message.dead_letter.replays + 1)}
    return {"data": base64.b64encode(message.data).decode(), "attributes": attributes}


def _marking(target: Target, dead_letter: DeadLetter) -> Json:
    expiry = min(filter(None, (dead_letter.expires_at, datetime.now(UTC) + _KEPT)))
    fields = {
        "replays": {"integerValue": str(dead_letter.replays + 1)},
        "expiresAt": {"timestampValue": written(expiry)},
    }
    return {
        "update": {"name": documents.name(target, dead_letter.id), "fields": fields},
        "updateMask": {"fieldPaths": [*fields]},
        "updateTransforms": [{"fieldPath": "replayedAt", "setToServerValue": "REQUEST_TIME"}],
        "currentDocument": {"updateTime": dead_letter.version},
    }


def _deletion(target: Target, dead_letter: DeadLetter) -> Json:
    return {"delete": documents.name(target, dead_letter.id), "currentDocument": {"updateTime": dead_letter.version}}


def _write(target: Target, writes: Sequence[Json]) -> list[int]:
    """What became of each write; raises CliError for an error that no change of a dead letter explains."""
    path = f"/v1/{target.database}/documents:batchWrite"
    answer = target.firestore.change("POST", "firestore", path, body={"writes": writes})
    codes = [int(status.get("code", _OK)) for status in answer["status"]]
    if strange := [status for status in answer["status"] if int(status.get("code", _OK)) not in {_OK, *_CHANGED}]:
        raise CliError(f"Firestore did not change the dead letters: {strange[0].get('message', strange[0])}.")
    return codes


def _count(outcome: Outcome, codes: Sequence[int]) -> None:
    outcome.done += codes.count(_OK)
    outcome.changed += len(codes) - codes.count(_OK)
