"""What Schemathesis does not know of the contract: what a batch is, which parameters do not go together."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import schemathesis
from hypothesis import strategies
from schemathesis import Case, HookContext

from data_api.shared import record_schema


@schemathesis.hook
def before_call(_: HookContext, case: "Case[Any]", _arguments: dict[str, object]) -> None:
    """Shortens waits, and drops `until` where it is not later than `since`: the contract cannot say so."""
    times = [_time(case.query.get(name)) for name in ("since", "until")]
    if times[0] and times[1] and times[1] <= times[0]:
        del case.query["until"]
    if case.headers.get("Prefer") == "wait=30":
        case.headers["Prefer"] = "wait=1"


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text).upper()).astimezone(UTC)
    except ValueError:
        return None


@schemathesis.hook
def filter_path_parameters(_: HookContext, path_parameters: dict[str, object] | None) -> bool:
    """Without line breaks: to a path with one the Functions Framework answers itself, in plain text."""
    return not any("\n" in unquote(str(value)) for value in (path_parameters or {}).values())


@schemathesis.hook
def before_load_schema(_: HookContext, raw_schema: dict[str, Any]) -> None:
    """Removes the example of a batch: of a type with a strategy of its own, Schemathesis takes bytes only."""
    del raw_schema["paths"]["/data"]["post"]["requestBody"]["content"]["application/x-ndjson"]["examples"]


def _batch(records: list[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


_RECORDS = strategies.sampled_from(record_schema.examples(record_schema.load()))
schemathesis.openapi.media_type("application/x-ndjson", strategies.lists(_RECORDS, min_size=1, max_size=20).map(_batch))
