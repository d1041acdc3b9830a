"""Prints dead letters as JSON for programs. The names of fields are those of the documents."""

import base64
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from data_api.ops.dead_letters.actions import Entry, Outcome
from data_api.ops.dead_letters.documents import DeadLetter, Message
from data_api.ops.google_api import written
from data_api.shared.printable import json_text

Json = dict[str, Any]


def list_json(dead_letters: Sequence[DeadLetter]) -> str:
    """One object: the reasons, and every dead letter."""
    return json_text({"reasons": reasons(dead_letters), "deadLetters": [*map(fields_of, dead_letters)]}, indent=2)


def message_json(message: Message, *, with_payload: bool) -> str:
    """The dead letter with the message's attributes; the payload as text, or as `payloadBase64` if it is not UTF-8."""
    payload = _payload(message.data) if with_payload and message.dead_letter.whole else {}
    return json_text({**fields_of(message.dead_letter), "attributes": dict(message.attributes), **payload}, indent=2)


def outcome_json(outcome: Outcome, verb: str) -> str:
    """The counts of a replay or a discard."""
    return json_text({verb: outcome.done, "changed": outcome.changed, "notWhole": outcome.not_whole})


def log_json(entries: Sequence[Entry]) -> str:
    """The entries of the log, newest first."""
    return json_text({"entries": [_camel_fields(entry) for entry in entries]}, indent=2)


def reasons(dead_letters: Sequence[DeadLetter]) -> list[Json]:
    """Each reason with the number of its dead letters, the most frequent first."""
    groups: dict[str, list[DeadLetter]] = {}
    for dead_letter in dead_letters:
        groups.setdefault(dead_letter.reason, []).append(dead_letter)
    return [
        {
            "reason": reason,
            "count": len(group),
            "firstAt": written(min(dead_letter.first_at for dead_letter in group)),
            "lastAt": written(max(dead_letter.last_at for dead_letter in group)),
        }
        for reason, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def fields_of(dead_letter: DeadLetter) -> Json:
    """As in the document, without what only a change needs."""
    return {name: value for name, value in _camel_fields(dead_letter).items() if name != "version"}


def _payload(data: bytes) -> Json:
    try:
        return {"payload": data.decode()}
    except UnicodeDecodeError:
        return {"payloadBase64": base64.b64encode(data).decode()}


def _camel_fields(item: DeadLetter | Entry) -> Json:
    return {
        _camel(name): written(value) if isinstance(value, datetime) else value for name, value in asdict(item).items()
    }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
