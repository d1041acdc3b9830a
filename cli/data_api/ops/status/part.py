"""Says what is known of one part of a deployment, and reads it.

Owns how a part that Google does not let look becomes unknown, so that the others are shown all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from data_api.ops.deployment import Deployment
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google, Json

UNKNOWN, MISSING = "unknown", "MISSING"
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Context:
    """What the readers look at."""

    deployment: Deployment
    google: Google
    now: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the status. `fields` is what else the JSON has of it."""

    name: str
    ok: bool | None  # False if it needs attention, None if it could not be read
    state: str
    message: str = ""
    details: tuple[str, ...] = ()  # a line each
    fields: Mapping[str, Json] = field(default_factory=dict)

    def as_json(self) -> Mapping[str, Json]:
        """`ok` is null for a part that could not be read; the message says why."""
        return {"ok": self.ok, "state": self.state, "message": self.message, **self.fields}


Reader = Callable[[Context], Part]


def read_part(name: str, reader: Reader, context: Context) -> Part:
    """What the reader says; a resource that does not exist is missing, what Google does not say is unknown."""
    try:
        return reader(context)
    except GoogleError as error:
        if error.status == _NOT_FOUND:
            repair = f"`pulumi up --stack {context.deployment.stack} --refresh` creates it"
            return Part(name, ok=False, state=MISSING, message=repair)
        return Part(name, ok=None, state=UNKNOWN, message=_reason(error, context.deployment.project))


def short(time: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{time:%Y-%m-%d %H:%M:%S}"


def _reason(error: GoogleError, project: str) -> str:
    if error.reason == "SERVICE_DISABLED":
        return f"{error.service} is off: gcloud services enable {error.service} --project={project}"
    return error.message
