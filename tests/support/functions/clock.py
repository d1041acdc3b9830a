"""A clock that goes as fast as the test: who sleeps by it moves it on."""

import pytest


class Clock:
    """Stands for the module `asyncio` where it is asked for the time and for sleep."""

    def __init__(self) -> None:
        self.now = 1_000.0  # seconds

    def get_running_loop(self) -> "Clock":
        return self

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def replaced(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which `dataapi.http.prefer_wait` waits from now on."""
    clock = Clock()
    monkeypatch.setattr("dataapi.http.prefer_wait.asyncio", clock)
    return clock
