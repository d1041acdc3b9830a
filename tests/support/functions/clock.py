"""A clock that runs as fast as the test: sleeping advances it."""

import pytest


class Clock:
    """Replaces the module `asyncio` for the time and for sleep."""

    def __init__(self) -> None:
        self.now = 1_000.0  # seconds

    def get_running_loop(self) -> "Clock":
        return self

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def replaced(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that `dataapi.http.prefer_wait` uses from now on."""
    clock = Clock()
    monkeypatch.setattr("dataapi.http.prefer_wait.asyncio", clock)
    return clock
