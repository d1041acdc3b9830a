"""Deploys the functions in this process: their dependencies are composed of settings that a test gives, and fakes.

Every deployment has its own fakes, rate limits and memory, so that nothing is left for the next.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import dead_letter
import delete
import generate
import persist
import present
from dataapi.auth import authorization
from dataapi.gcp import settings
from dataapi.gcp.logs import Logger
from dataapi.http.admission_control import CAPACITY, AdmissionControl
from dataapi.records import schema
from dataapi.records.schema import Check
from dataapi.telemetry.observer import Observer
from tests.support.functions import in_memory
from tests.support.functions.checker import CheckerInProcess

PROJECT = "a-project"


@dataclass
class Deployment:
    """The services behind the functions, their memory, and what they log."""

    admission: AdmissionControl
    publisher: in_memory.Publisher = field(default_factory=in_memory.Publisher)
    records: in_memory.RecordStore = field(default_factory=in_memory.RecordStore)
    dead_letters: in_memory.DeadLetterStore = field(default_factory=in_memory.DeadLetterStore)
    tombstones: in_memory.Tombstones = field(init=False)
    output: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.tombstones = in_memory.Tombstones(self.records)

    def lines(self) -> list[dict[str, Any]]:
        """The log, without what every line has: time, project and trace."""
        return [_without_trace(json.loads(line)) for line in self.output.getvalue().splitlines()]


@contextmanager
def deployed(*, check: Check | None = None, capacity: int = CAPACITY, **environ: str) -> Iterator[Deployment]:
    """Deploys for the length of a block; a test that Hypothesis repeats needs one for each example."""
    deployment = Deployment(AdmissionControl(capacity))
    access = settings.access_policy(environ)
    shared: dict[str, Any] = {"logger": Logger(PROJECT, deployment.output), "observer": Observer()}
    calls: dict[str, Any] = {"origins": access.origins, "access": access}
    stores: dict[str, Any] = {"records": deployment.records, "dead_letters": deployment.dead_letters}
    composed = {
        generate: generate.Dependencies(
            **shared,
            **calls,
            throttle=settings.throttle(authorization.WRITE, environ),
            admission=deployment.admission,
            checker=CheckerInProcess(check or _two_texts()),
            publisher=deployment.publisher,
        ),
        persist: persist.Dependencies(**shared, **stores, admission=deployment.admission),
        present: present.Dependencies(
            **shared,
            **calls,
            **stores,
            changes=in_memory.ChangeFeed(deployment.records, settings.max_waiting(environ)),
            throttle=settings.throttle(authorization.READ, environ),
        ),
        delete: delete.Dependencies(
            **shared,
            **calls,
            tombstones=deployment.tombstones,
            dead_letters=deployment.dead_letters,
            throttle=settings.throttle(authorization.WRITE, environ),
        ),
        dead_letter: dead_letter.Dependencies(
            **shared,
            admission=deployment.admission,
            dead_letters=deployment.dead_letters,
            tombstones=deployment.tombstones,
        ),
    }
    with pytest.MonkeyPatch.context() as patch:
        for entry_file, dependencies in composed.items():
            patch.setattr(entry_file, "dependencies", lambda dependencies=dependencies: dependencies)
        yield deployment


@cache
def _two_texts() -> Check:
    return schema.load(Path(__file__).parents[1] / "schemas" / "two_texts.schema.json")


def _without_trace(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "time" and not name.startswith("logging.")}
