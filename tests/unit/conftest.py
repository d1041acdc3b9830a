"""Gives a test a deployment of the functions with nothing outside of this process."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.deployed import Deployment


@pytest.fixture
def deployment() -> Iterator["Deployment"]:
    from tests.deployed import deployed  # noqa: PLC0415  Google's libraries: the tests of other folders need not wait for them

    with deployed() as fresh:
        yield fresh
