"""What Schemathesis does not know of the contract: how a batch is written, which parameters do not go together."""

import json
from datetime import UTC, datetime
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, SerializationContext


@schemathesis.hook
def before_call(_: HookContext, case: "Case[Any]", _arguments: dict[str, object]) -> None:
    """Drops `until` where it is not later than `since`: the contract cannot say so, and the API answers 400."""
    times = [_time(case.query.get(name)) for name in ("since", "until")]
    if times[0] and times[1] and times[1] <= times[0]:
        del case.query["until"]


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text).upper()).astimezone(UTC)
    except ValueError:
        return None


@schemathesis.serializer("application/x-ndjson")
def ndjson(_: SerializationContext, value: object) -> bytes:
    lines = value if isinstance(value, list) else [value]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()
