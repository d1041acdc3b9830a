"""Fake services, and the spans that an OTLP receiver gets from the functions."""

from collections.abc import AsyncIterator

import pytest

from tests.support.functions.traced import (
    Cloud,
    Received,
    traced,
)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
async def received(cloud: Cloud) -> AsyncIterator[Received]:
    async with traced(cloud) as receiver:
        yield receiver
