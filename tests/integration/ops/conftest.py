from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers.deployed_stack import DeployedStack, deployed_stack


@pytest.fixture
def prod(tmp_path: Path) -> Iterator[DeployedStack]:
    with deployed_stack(tmp_path) as stack:
        yield stack
