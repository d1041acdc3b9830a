"""The machine of the tests of `data-api doctor --stack`: every check of it passes until a test changes something."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_api.ops.dependencies import Dependencies
from data_api.ops.doctor.requirements import CONSTRAINTS
from data_api.ops.pulumi_stack import read_stack
from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import OTHER_CONSTRAINTS, PLUGIN, PROJECT, REGION, answers_of_ready_project
from tests.support.servers import google_server

ROOT = Path(__file__).parents[4]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    for name in ("Pulumi.yaml", "infra/service_names.py"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    with google_server.google_server() as server:
        environ = {"PATH": f"{tmp_path}/bin:/bin:/usr/bin", "PULUMI_CONFIG_PASSPHRASE": ""}
        dependencies = Dependencies(
            address=server.address,
            authorization=google_server.authorization,
            root=tmp_path,
            environ=environ,
            pause=lambda _: None,
        )
        result = Machine(server, tmp_path, dependencies)
        result.configure(config={"gcp:project": PROJECT, "gcp:region": REGION, "data-api:maxInstances": "2"})
        result.pulumi = {
            "version": "v3.260.0",
            "plugin ls --json": [{"name": "gcp", "kind": "resource", "version": PLUGIN}],
            "whoami --json": {"user": "ada", "url": "gs://state"},
            "stack ls --json": [{"name": "organization/data-api/dev", "current": True}],
            "stack output --json": {},
        }
        server.answers |= answers_of_ready_project(read_stack(tmp_path, "dev").services)
        for constraint in [*(constraint.constraint for constraint in CONSTRAINTS), *OTHER_CONSTRAINTS]:
            result.policy(constraint)
        result.put_gcloud('{"Google Cloud SDK": "546.0.0", "core": "2025.10.31"}')
        result.quota("CpuAllocPerProjectRegion", 20_000)
        result.quota("MemAllocPerProjectRegion", 40 * 2**30)
        yield result
