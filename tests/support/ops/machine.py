"""The machine on which `data-api doctor --stack` runs: project folder, Pulumi, and a Google API with canned answers."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml
from click.testing import CliRunner, Result
from google.auth.credentials import Credentials

from data_api.doctor import doctor
from data_api.ops.credentials import Authorization
from data_api.ops.dependencies import Dependencies
from data_api.ops.pulumi_stack import read_stack
from tests.support.ops.ready_project import PROJECT, REGION, Json
from tests.support.servers.google_server import GoogleServer


@dataclass
class Machine:
    """A test changes the answers of Google and of Pulumi, and reads what doctor reports."""

    google: GoogleServer
    folder: Path
    dependencies: Dependencies
    pulumi: dict[str, Json] = field(default_factory=dict)  # its answers, by the command's first words

    def doctor(self, *arguments: str) -> Result:
        self._put_pulumi()
        return CliRunner().invoke(doctor, ["--stack", "dev", *arguments], obj=self.dependencies)

    def result(self, name: str, state: str) -> tuple[str, str]:
        """The message and the fix of the one check of this name and state."""
        result = self.doctor("--json")
        report = json.loads(result.stdout)
        assert (0 if report["ok"] else 1) == result.exit_code
        assert (state != "problem") == report["ok"], report
        is_ok = {"ok": True, "problem": False, "unknown": None}[state]
        [check] = [check for check in report["checks"] if (name, is_ok) == (check["name"], check["ok"])]
        return check["message"], check["fix"]

    def configure(self, **settings: Json) -> None:
        """Pulumi.dev.yaml."""
        (self.folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings))

    def policy(self, constraint: str, *rules: Json) -> None:
        path = f"orgpolicy/v2/projects/{PROJECT}/policies/{constraint}:getEffectivePolicy"
        self.google.answers["GET", path] = {"name": path, "spec": {"rules": list(rules)}}

    def quota(self, name: str, value: int) -> None:
        path = f"cloudquotas/v1/projects/{PROJECT}/locations/global/services/run.googleapis.com/quotaInfos/{name}"
        everywhere = {"details": {"value": str(value)}, "applicableLocations": [REGION, "us-east1"]}
        elsewhere = {
            "details": {"value": "1"},
            "applicableLocations": ["us-east4"],
            "dimensions": {"region": "us-east4"},
        }
        self.google.answers["GET", path] = {"quotaId": name, "dimensionsInfos": [elsewhere, everywhere]}

    def services(self) -> tuple[str, ...]:
        """What the stack needs, and what the checks themselves use."""
        return (*read_stack(self.folder, "dev").services, "serviceusage")

    def act_as(self, credential: Credentials) -> None:
        self.dependencies = replace(self.dependencies, authorization=lambda _: Authorization(credential))

    def without_pulumi(self) -> None:
        self.dependencies = replace(self.dependencies, environ={"PATH": "/nowhere", "PULUMI_CONFIG_PASSPHRASE": ""})

    def without_passphrase(self) -> None:
        self.dependencies = replace(self.dependencies, environ={"PATH": self.dependencies.environ["PATH"]})

    def put_gcloud(self, answer: str) -> None:
        """A `gcloud` that prints this answer to everything."""
        self._put("gcloud", f"echo '{answer}'")

    def _put_pulumi(self) -> None:
        arms = "\n".join(f"*'{words}'*) {_shell_command(answer)};;" for words, answer in self.pulumi.items())
        self._put("pulumi", f'case "$*" in\n{arms}\nesac')

    def _put(self, name: str, script: str) -> None:
        program = self.folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)


def _shell_command(answer: Json) -> str:
    if isinstance(answer, Exception):
        return f"echo 'error: {answer}' >&2; exit 255"
    return f"echo '{answer if isinstance(answer, str) else json.dumps(answer)}'"
