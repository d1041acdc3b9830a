"""Previews a deployment with the real engine of Pulumi and the real provider of Google, without a cloud.

A preview uses a copy of the sources, because Pulumi writes into a stack's file, a state in a folder beside them, and an
invalid token: the programs must not call Google in a preview. The provider checks what mocks cannot: lengths, patterns,
enumerations, exclusions.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.infra.recorded_deployment import Json
from tests.support.infra.stack_settings import ROOT, stack_file

MISSING = (
    "Pulumi's command line program is not installed, so nothing is previewed with the real engine: "
    "get it from https://www.pulumi.com/docs/iac/download-install/ and try again."
)
TIMEOUT = 300.0  # seconds, most of them for the provider to be downloaded the first time
FOLDERS = ("infra", "functions", "docs", "web")
FILES = ("openapi.yaml", "Pulumi.yaml")
STACKS = ("dev", "prod")  # as they are shipped: an operator's files have keys that only Cloud KMS can open
OPERATORS_FILES = shutil.ignore_patterns("Pulumi.*.yaml", "__pycache__")
NOT_OURS = re.compile(r"warning: using pulumi-\S+ from \$PATH")  # where the engine has found the provider
CREDENTIALS = ("GOOGLE_", "GCLOUD_", "CLOUDSDK_", "PULUMI_")  # how variables begin that could reach a cloud
WITHOUT_CLOUD = {
    "GOOGLE_OAUTH_ACCESS_TOKEN": "opens-nothing",
    "PULUMI_CONFIG_PASSPHRASE": "",
    "PULUMI_GCP_SKIP_REGION_VALIDATION": "true",  # the provider would ask for the list of regions
    "PULUMI_SKIP_UPDATE_CHECK": "true",
}


@dataclass(frozen=True)
class Step:
    """A resource in a preview."""

    urn: str
    type: str
    name: str
    inputs: Json
    protected: bool
    parent: str  # URN


@dataclass(frozen=True)
class Preview:
    """The result of a preview."""

    resources: list[Step]
    complaints: list[str]  # errors and warnings


def is_installed() -> bool:
    """Whether Pulumi is installed."""
    return shutil.which("pulumi") is not None


def copied(folder: Path) -> Path:
    """A copy of the programs and of the files that they read."""
    sources = folder / "sources"
    sources.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, sources / name, ignore=OPERATORS_FILES)
    for file in FILES:
        shutil.copyfile(ROOT / file, sources / file)
    for stack in STACKS:
        (sources / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": stack_file(stack)}))
    (sources / ".venv").symlink_to(sys.prefix)
    return sources


def preview(sources: Path, stack: str, said: Mapping[str, str], program: str = ".") -> Preview:
    """Previews a stack with settings beyond its file; `program` is the folder of its Pulumi.yaml."""
    return _preview(answer_of_preview(sources, stack, said, program))


def answer_of_preview(sources: Path, stack: str, said: Mapping[str, str], program: str = ".") -> Json:
    """What Pulumi prints of a preview of a new stack."""
    environment = environment_of(sources)
    file = sources / program / f"Pulumi.{stack}.yaml"
    shipped = yaml.safe_load(file.read_text())["config"] if file.exists() else {}
    added = {key: yaml.safe_load(value) for key, value in said.items()}
    file.write_text(yaml.safe_dump({"config": {**shipped, **added}}))
    run_pulumi(sources / program, environment, "stack", "init", stack)
    answer: Json = json.loads(run_pulumi(sources / program, environment, "preview", "--json", "--stack", stack))
    return answer


def environment_of(sources: Path) -> dict[str, str]:
    """The environment of Pulumi, with the states beside the sources."""
    state = sources.parent / "state"
    state.mkdir(exist_ok=True)
    return {**_harmless(os.environ), **WITHOUT_CLOUD, "PULUMI_BACKEND_URL": state.as_uri()}


def _harmless(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(CREDENTIALS) or name == "PULUMI_HOME"  # where the provider has been downloaded to
    }


def run_pulumi(folder: Path, environment: Mapping[str, str], *arguments: str, may_fail: bool = False) -> str:
    """The output of Pulumi; with --json it includes errors, as that of a command which `may_fail`."""
    command = ["pulumi", *arguments, "--non-interactive"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0 or may_fail or done.stdout.startswith("{"), (
        f"{' '.join(command)}: {done.stderr}{done.stdout}"
    )
    return done.stdout


def _preview(answer: Json) -> Preview:
    states = [step["newState"] for step in answer.get("steps", [])]
    return Preview(
        resources=[_step(state) for state in states if not state["type"].startswith("pulumi:")],  # its own
        complaints=[
            diagnostic["message"].strip()
            for diagnostic in answer.get("diagnostics") or []
            if diagnostic["severity"] in ("warning", "error") and not NOT_OURS.match(diagnostic["message"])
        ],
    )


def _step(state: Json) -> Step:
    return Step(
        urn=state["urn"],
        type=state["type"],
        name=state["urn"].rpartition("::")[2],
        inputs=_without_marks(state.get("inputs", {})),
        protected=state.get("protect", False),
        parent=state.get("parent", ""),
    )


def _without_marks(node: Any) -> Any:  # noqa: ANN401  inputs are of any type
    """The inputs without the names of defaults, which the provider adds at every level."""
    match node:
        case dict():
            return {name: _without_marks(child) for name, child in node.items() if name != "__defaults"}
        case list():
            return [_without_marks(child) for child in node]
    return node
