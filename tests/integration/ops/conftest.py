from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud_programs import DEV, Clone, clone
from tests.support.servers import google_server
from tests.support.servers.deployed_stack import DeployedStack, deployed_stack


@pytest.fixture
def prod(tmp_path: Path) -> Iterator[DeployedStack]:
    with deployed_stack(tmp_path) as stack:
        yield stack


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Clone]:
    with google_server.google_server() as google:
        yield clone(tmp_path, google)


@pytest.fixture
def enabled(dev: Clone) -> Clone:
    """A project whose services are on."""
    (line,) = [line for line in dev.run(*DEV, "--dry-run", "--yes").stdout.splitlines() if line.startswith("gcloud ")]
    dev.enable(*(word.partition(".")[0] for word in line.split() if word.endswith(".googleapis.com")))
    return dev
