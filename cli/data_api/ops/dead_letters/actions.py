"""Replays dead letters through the topic that they came from, or discards them; and logs who did it.

Owns the order of the steps: first the entry in deadLetterLog/{id}, so that nothing happens without a log entry; then
the message is published; then the dead letter is marked as replayed, unless it has failed again meanwhile. After an
interruption the same command continues: a record that is published twice is stored once.
"""

import base64
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from google.cloud.firestore import SERVER_TIMESTAMP, Client, Query
from google.cloud.firestore_v1.bulk_batch import BulkWriteBatch

from data_api.ops.dead_letters import documents
from data_api.ops.dead_letters.documents import DeadLetter, Message
from data_api.ops.dead_letters.target import Target
from data_api.ops.google_api import Json, written
from data_api.shared.errors import CliError

LOG = "deadLetterLog"
REPLAY, DISCARD = "replay", "discard"
# After its replay: as long as the dead-letter topic's retained subscription keeps the message.
_RETENTION = timedelta(days=31)
_AT_ONCE = 100  # dead letters
_BYTES_AT_ONCE = 5_000_000  # of messages; a publish request takes 10 MB, and base64 makes them a third longer
_ADDED = "CloudPubSub"  # begins the attributes that Pub/Sub adds to a dead letter
_ATTRIBUTE = "replay"  # tells the lives of a message apart: functions/dataapi/messages/dead_letter.py
_OK, _CHANGED = 0, {5, 9, 10}  # google.rpc.Code: not found, failed precondition, aborted

Progress = Callable[[int], None]  # so many more dead letters are done


@dataclass(slots=True)
class Outcome:
    """How many dead letters were replayed or discarded, and how many were not."""

    done: int = 0
    changed: int = 0  # failed again, or deleted, while this ran
    not_whole: int = 0  # the message is too large to be in the document


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
        messages = documents.messages(target, [dead_letter.id for dead_letter in group])
        whole = [message for message in messages if message.dead_letter.whole]
        outcome.changed += len(group) - len(messages)
        outcome.not_whole += len(messages) - len(whole)
        if whole:
            replayed = [message.dead_letter for message in whole]
            _log(target, REPLAY, replayed)
            _publish(target, whole)
            _mark_as_replayed(target, replayed, outcome)
        progress(len(group))
        pace.pause(max(0.0, len(group) / pace.rate - (pace.clock() - began)))
    return outcome


def discard(target: Target, chosen: Sequence[DeadLetter], progress: Progress) -> Outcome:
    """Deletes the dead letters; raises CliError if Google rejects it."""
    outcome = Outcome()
    for group in _groups(chosen, _AT_ONCE):
        _log(target, DISCARD, group)
        _delete(target, group, outcome)
        progress(len(group))
    return outcome


def empty_subscription(target: Target) -> None:
    """Drops the retained copies of all dead letters up to now, which closes the alert; raises CliError."""
    body = {"time": written(datetime.now(UTC))}
    target.pubsub.change("POST", "pubsub", f"/v1/{target.subscription}:seek", body=body)


def log(target: Target, limit: int) -> list[Entry]:
    """The last entries, the newest first."""
    entries = (document.to_dict() or {} for document in log_query(target.firestore, limit).stream())
    return [Entry(entry["at"], entry["actor"], entry["action"], entry["deadLetters"]) for entry in entries]


def log_query(firestore: Client, limit: int) -> Query:
    """By the one indexed field."""
    return firestore.collection(LOG).order_by("at", direction=Query.DESCENDING).limit(limit)


def _groups(chosen: Sequence[DeadLetter], most: int) -> Iterator[list[DeadLetter]]:
    """What goes in one request: at least one dead letter, whatever its size."""
    group: list[DeadLetter] = []
    for dead_letter in chosen:
        if group and (len(group) == most or sum(other.size for other in group) + dead_letter.size > _BYTES_AT_ONCE):
            yield group
            group = []
        group.append(dead_letter)
    if group:
        yield group


def _log(target: Target, action: str, dead_letters: Sequence[DeadLetter]) -> None:
    ids = [dead_letter.id for dead_letter in dead_letters]
    entry = {"actor": target.actor, "action": action, "deadLetters": ids, "at": SERVER_TIMESTAMP}
    target.firestore.collection(LOG).document().create(entry)


def _publish(target: Target, messages: Sequence[Message]) -> None:
    body = {"messages": [_publishable(message) for message in messages]}
    target.pubsub.change("POST", "pubsub", f"/v1/{target.topic}:publish", body=body)


def _publishable(message: Message) -> Json:
    """The message as `generate` published it, with the number of this replay."""
    own = {name: value for name, value in message.attributes.items() if not name.startswith(_ADDED)}
    attributes = {**own, _ATTRIBUTE: str(message.dead_letter.replays + 1)}
    return {"data": base64.b64encode(message.data).decode(), "attributes": attributes}


def _mark_as_replayed(target: Target, dead_letters: Sequence[DeadLetter], outcome: Outcome) -> None:
    batch = BulkWriteBatch(target.firestore)
    for dead_letter in dead_letters:
        fields = {
            "replays": dead_letter.replays + 1,
            "replayedAt": SERVER_TIMESTAMP,
            "expiresAt": min(filter(None, (dead_letter.expires_at, datetime.now(UTC) + _RETENTION))),
        }
        unchanged = target.firestore.write_option(last_update_time=dead_letter.version)
        batch.update(documents.reference(target, dead_letter.id), fields, option=unchanged)
    _commit(batch, outcome)


def _delete(target: Target, dead_letters: Sequence[DeadLetter], outcome: Outcome) -> None:
    batch = BulkWriteBatch(target.firestore)
    for dead_letter in dead_letters:
        unchanged = target.firestore.write_option(last_update_time=dead_letter.version)
        batch.delete(documents.reference(target, dead_letter.id), option=unchanged)
    _commit(batch, outcome)


def _commit(batch: BulkWriteBatch, outcome: Outcome) -> None:
    """Writes each change on its own; raises CliError for an error that no change of a dead letter explains."""
    statuses = batch.commit().status
    if unexpected := [status for status in statuses if status.code not in {_OK, *_CHANGED}]:
        raise CliError(f"Firestore did not change the dead letters: {unexpected[0].message}.")
    done = sum(status.code == _OK for status in statuses)
    outcome.done += done
    outcome.changed += len(statuses) - done
