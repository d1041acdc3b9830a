"""A machine with a credential and a `pulumi` that knows the stack `prod`; Google is a server of the test."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from click.testing import CliRunner, Result

from data_api.main import main
from data_api.ops.dependencies import Dependencies
from tests.support.servers import google_server
from tests.support.servers.cloud_logging import LIST, PREFIX, PROJECT, CloudLogging
from tests.support.servers.google_server import GoogleServer

REGION = "us-central1"
FUNCTIONS = ("generate", "persist", "present", "delete", "dead-letter", "web")
OUTPUTS = {
    "project": PROJECT,
    "region": REGION,
    "url": "https://data-api-prod-1a2b3c.uc.gateway.dev",
    "gateway": PREFIX,
    "functions": {name: f"{PREFIX}-{name}" for name in FUNCTIONS},
    "subscription": f"{PREFIX}-records-push",
    "database": PREFIX,
}


@dataclass
class DeployedStack:
    """The stack, and the commands that ask about it."""

    google: GoogleServer
    dependencies: Dependencies
    logging: CloudLogging = field(default_factory=CloudLogging)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, obj=self.dependencies)

    def run_in_a_terminal(self, *arguments: str) -> Result:
        """With colours and columns."""
        return CliRunner(env={"FORCE_COLOR": "1", "COLUMNS": "160"}).invoke(main, arguments, obj=self.dependencies)

    def pausing(self, pause: Callable[[float], None]) -> None:
        self.dependencies = replace(self.dependencies, pause=pause)


@contextmanager
def deployed_stack(folder: Path, **outputs: object) -> Iterator[DeployedStack]:
    """With these outputs instead of the usual ones."""
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(OUTPUTS | outputs)}'\n")
    program.chmod(0o755)
    with google_server.google_server() as server:
        dependencies = Dependencies(
            address=server.address,
            authorization=google_server.authorization,
            root=folder,
            environ={"PATH": f"{folder}:/bin:/usr/bin"},
            pause=lambda _: None,
        )
        stack = DeployedStack(server, dependencies)
        server.answers[LIST] = stack.logging.list
        yield stack
