"""Replays dead letters through the topic that they came from, or discards them; and logs who did it.

Owns the order of things: the entry in deadLetterLog/{id} first, so that nothing happens unlogged; then the message is
published; then the letter is marked, unless it has died again meanwhile. Broken off anywhere, the same command goes on:
a record that is published twice is stored once. Leaves reading letters to `letters.py`.
"""

import base64
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data_api.ops.dead_letters import documents
from data_api.ops.dead_letters.documents import Letter, Message
from data_api.ops.dead_letters.target import Place
from data_api.ops.google_api import Json, written
from data_api.shared.errors import CliError

LOG = "deadLetterLog"
REPLAY, DISCARD = "replay", "discard"
_KEPT = timedelta(
    days=31
)  # after its replay, as long as the dead-letter topic's retained subscription keeps the message
_AT_ONCE = 100  # letters
_BYTES_AT_ONCE = 5_000_000  # of messages; a publish request takes 10 MB, and base64 makes them a third longer
_ADDED = "CloudPubSub"  # begins the attributes that Pub/Sub adds to a dead letter
_ATTRIBUTE = "replay"  # tells the lives of a message apart: functions/dataapi/messages/dead_letter.py
_OK, _CHANGED = 0, {5, 9, 10}  # google.rpc.Code: not found, failed precondition, aborted

Progress = Callable[[int], None]  # so many letters more are done


@dataclass(slots=True)
class Outcome:
    """What became of the letters that were to be replayed or discarded."""

    done: int = 0
    changed: int = 0  # died again, or went, while this ran
    not_whole: int = 0  # the document does not hold the message


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    at: datetime
    actor: str
    action: str
    letters: Sequence[str]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many letters a second, and how that is waited for."""

    rate: int
    pause: Callable[[float], None]  # seconds
    clock: Callable[[], float] = time.monotonic


def replay(place: Place, chosen: Sequence[Letter], pace: Pace, progress: Progress) -> Outcome:
    """Publishes the messages again; raises CliError where Google refuses."""
    outcome = Outcome()
    for group in _groups(chosen, min(_AT_ONCE, pace.rate)):
        began = pace.clock()
        found = documents.whole(place, [each.id for each in group])
        whole = [each for each in found if each.letter.whole]
        outcome.changed += len(group) - len(found)
        outcome.not_whole += len(found) - len(whole)
        if whole:
            _log(place, REPLAY, [each.letter.id for each in whole])
            _publish(place, whole)
            _count(outcome, _write(place, [_marking(place, each.letter) for each in whole]))
        progress(len(group))
        pace.pause(max(0.0, len(group) / pace.rate - (pace.clock() - began)))
    return outcome


def discard(place: Place, chosen: Sequence[Letter], progress: Progress) -> Outcome:
    """Deletes the letters; raises CliError where Google refuses."""
    outcome = Outcome()
    for group in _groups(chosen, _AT_ONCE):
        _log(place, DISCARD, [each.id for each in group])
        _count(outcome, _write(place, [_deletion(place, each) for each in group]))
        progress(len(group))
    return outcome


def log(place: Place, limit: int) -> list[Entry]:
    """The last entries, the newest first."""
    query = {
        "from": [{"collectionId": LOG}],
        "orderBy": [{"field": {"fieldPath": "at"}, "direction": "DESCENDING"}],
        "limit": limit,
    }
    fields = (
        {name: documents.plain(value) for name, value in each["fields"].items()} for each in documents.run(place, query)
    )
    return [Entry(each["at"], each["actor"], each["action"], each["letters"]) for each in fields]


def _groups(chosen: Sequence[Letter], most: int) -> Iterator[list[Letter]]:
    """What goes in one request: at least one letter, whatever its size."""
    group: list[Letter] = []
    for letter in chosen:
        if group and (len(group) == most or sum(each.size for each in group) + letter.size > _BYTES_AT_ONCE):
            yield group
            group = []
        group.append(letter)
    if group:
        yield group


def _log(place: Place, action: str, ids: Sequence[str]) -> None:
    fields = {
        "actor": {"stringValue": place.actor},
        "action": {"stringValue": action},
        "letters": {"arrayValue": {"values": [{"stringValue": each} for each in ids]}},
    }
    entry = {
        "update": {"name": f"{place.database}/documents/{LOG}/{uuid.uuid4().hex}", "fields": fields},
        "updateTransforms": [{"fieldPath": "at", "setToServerValue": "REQUEST_TIME"}],
        "currentDocument": {"exists": False},
    }
    place.firestore.change("POST", "firestore", f"/v1/{place.database}/documents:commit", body={"writes": [entry]})


def _publish(place: Place, messages: Sequence[Message]) -> None:
    body = {"messages": [_again(each) for each in messages]}
    place.pubsub.change("POST", "pubsub", f"/v1/{place.topic}:publish", body=body)


def _again(message: Message) -> Json:
    """The message as it was before it died, and which of its lives begins."""
    own = {name: value for name, value in message.attributes.items() if not name.startswith(_ADDED)}
    attributes = {**own, _ATTRIBUTE: str(message.letter.replays + 1)}
    return {"data": base64.b64encode(message.data).decode(), "attributes": attributes}


def _marking(place: Place, letter: Letter) -> Json:
    expiry = min(filter(None, (letter.expires_at, datetime.now(UTC) + _KEPT)))
    fields = {
        "replays": {"integerValue": str(letter.replays + 1)},
        "expiresAt": {"timestampValue": written(expiry)},
    }
    return {
        "update": {"name": documents.name(place, letter.id), "fields": fields},
        "updateMask": {"fieldPaths": [*fields]},
        "updateTransforms": [{"fieldPath": "replayedAt", "setToServerValue": "REQUEST_TIME"}],
        "currentDocument": {"updateTime": letter.version},
    }


def _deletion(place: Place, letter: Letter) -> Json:
    return {"delete": documents.name(place, letter.id), "currentDocument": {"updateTime": letter.version}}


def _write(place: Place, writes: Sequence[Json]) -> list[int]:
    """What became of each write; raises CliError for what no change of a letter explains."""
    path = f"/v1/{place.database}/documents:batchWrite"
    answer = place.firestore.change("POST", "firestore", path, body={"writes": writes})
    codes = [int(each.get("code", _OK)) for each in answer["status"]]
    if strange := [each for each in answer["status"] if int(each.get("code", _OK)) not in {_OK, *_CHANGED}]:
        raise CliError(f"Firestore does not change the letters: {strange[0].get('message', strange[0])}.")
    return codes


def _count(outcome: Outcome, codes: Sequence[int]) -> None:
    outcome.done += codes.count(_OK)
    outcome.changed += len(codes) - codes.count(_OK)
