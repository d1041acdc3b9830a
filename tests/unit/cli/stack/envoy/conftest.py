"""The contract for tests of the Envoy configuration."""

import copy

import pytest

from data_api.shared.contract import Json
from tests.support.servers.envoy_configuration import (
    shipped,
)


@pytest.fixture
def contract() -> Json:
    """A copy of the contract that a test may change."""
    return copy.deepcopy(shipped())
