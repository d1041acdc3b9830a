"""Deploys the functions in this process: settings in the environment, fakes in place of the services.

Owns that one deployment leaves nothing for the next: settings, counters and adapters that a function keeps between
requests are fresh in each. Calling the functions is `calls`'s.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from dataapi.gcp import dead_letter_store, publisher, record_store, settings
from dataapi.http.admission_control import Intake
from tests.support.functions import in_memory

PROJECT = "a-project"
SETTINGS = (
    settings.TOPIC,
    settings.DATABASE,
    settings.ROLE_CLAIM,
    settings.GRANTS,
    settings.LIMITS,
    settings.CORS_ORIGINS,
    settings.OTLP_ENDPOINT,
    settings.TRACES_ENDPOINT,
    settings.RETENTION_DAYS,
)


@dataclass
class Deployment:
    """The services behind the functions, and what the functions log."""

    topic: in_memory.Topic = field(default_factory=in_memory.Topic)
    store: in_memory.Store = field(default_factory=in_memory.Store)
    letters: in_memory.Letters = field(default_factory=in_memory.Letters)
    output: io.StringIO = field(default_factory=io.StringIO)

    def lines(self) -> list[dict[str, Any]]:
        """The log, without what every line has: time, project and trace."""
        return [_without_place(json.loads(line)) for line in self.output.getvalue().splitlines()]


@contextmanager
def deployed(**environ: str) -> Iterator[Deployment]:
    """For the length of a block; a test that Hypothesis repeats needs one for each example."""
    deployment = Deployment()
    with pytest.MonkeyPatch.context() as patch:
        for name in SETTINGS:
            patch.delenv(name, raising=False)
        for name, value in {settings.PROJECT: PROJECT, **environ}.items():
            patch.setenv(name, value)
        patch.setattr(publisher, "publisher", lambda: deployment.topic.publish)
        patch.setattr(record_store, "saver", lambda: deployment.store.save)
        patch.setattr(record_store, "finder", lambda: deployment.store.find)
        patch.setattr(record_store, "lister", lambda: deployment.store.list_)
        patch.setattr(dead_letter_store, "refuser", lambda: deployment.letters.refuse)
        patch.setattr(dead_letter_store, "recaller", lambda: deployment.letters.recall)
        patch.setattr(dead_letter_store, "teller", lambda: deployment.letters.tell)
        patch.setattr(dead_letter_store, "keeper", lambda: deployment.letters.keep)
        patch.setattr("dataapi.gcp.logs.sys", SimpleNamespace(stdout=deployment.output))
        patch.setattr("generate._intake", cache(Intake))
        patch.setattr("persist._intake", cache(Intake))
        patch.setattr("dead_letter._intake", cache(Intake))
        _forget()
        try:
            yield deployment
        finally:
            _forget()


def _forget() -> None:
    settings.access.cache_clear()
    settings.throttle.cache_clear()


def _without_place(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "time" and not name.startswith("logging.")}
