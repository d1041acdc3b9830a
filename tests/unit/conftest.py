"""A deployment of the functions in this process."""

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.functions.deployed import Deployment


def pytest_collection_finish() -> None:
    gc.freeze()  # what is imported by now stays: no search for garbage, of which pytest makes two, need look through it


@pytest.fixture
def deployment() -> Iterator["Deployment"]:
    from tests.support.functions.deployed import deployed  # noqa: PLC0415  Google's libraries: the tests of other folders need not wait for them

    with deployed() as fresh:
        yield fresh
