"""A folder with the project's settings, and programs `pulumi`, `gcloud` and `gh` that note what they are asked.

`pulumi` writes settings as JSON, which is YAML, and is signed in to what its file of credentials says.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from data_api.main import main
from data_api.ops.credentials import Authorization
from data_api.ops.dependencies import Dependencies
from tests.support.servers import google_server
from tests.support.servers.google_server import GoogleServer

ROOT = Path(__file__).parents[2]
PROJECT, REGION, ACCOUNT = "my-project", "europe-west1", "user:ada@example.com"
PLACE = ("--project", PROJECT, "--region", REGION)
DEV = ("--stack", "dev", *PLACE)
OWN = {"data-api:protected": False, "data-api:recoverable": False}  # what Pulumi.dev.yaml says at first
PULUMI = r"""
import json, os, pathlib, re, sys

words = [word for word in sys.argv[1:] if word != "--non-interactive"]
here = pathlib.Path(__file__).parent
passphrase = os.environ.get("PULUMI_CONFIG_PASSPHRASE")
note = {"words": words, "backend": os.environ.get("PULUMI_BACKEND_URL"), "passphrase": passphrase}
with (here / "asked").open("a") as file:
    file.write(json.dumps(note) + "\n")
folder = pathlib.Path(".")
if words[0] == "-C":
    folder, words = pathlib.Path(words[1]), words[2:]


def set_value(path, value, stack):
    file = folder / f"Pulumi.{stack}.yaml"
    content = json.loads(file.read_text()) if file.exists() else {}
    prefix = "" if ":" in path else "data-api-bootstrap:"
    holder, keys = content.setdefault("config", {}), re.findall(r"^[\w:-]+|(?<=\[)[^\]]+", prefix + path)
    keys = [json.loads(key) if key[0] in '"0123456789' else key for key in keys]
    for key, next_key in zip(keys, keys[1:]):
        holder = holder.setdefault(key, {} if isinstance(next_key, str) else [])
    if isinstance(keys[-1], int):
        assert keys[-1] == len(holder), "Pulumi adds only at the end of a list"
        holder.append(value)
    else:
        holder[keys[-1]] = value
    file.write_text(json.dumps(content))


match words:
    case ["login", address]:
        (here / ".pulumi").mkdir(exist_ok=True)
        (here / ".pulumi" / "credentials.json").write_text(json.dumps({"current": address}))
    case ["config", "set", "--path", path, value, "--stack", stack] | ["config", "set", path, value, "--stack", stack]:
        set_value(path, value, stack)
    case ["version"]:
        print("v3.272.0")
    case ["whoami", *_]:
        print(json.dumps({"url": os.environ.get("PULUMI_BACKEND_URL", "")}))
    case ["stack", "ls", *_]:
        print(json.dumps([{"name": "dev"}, {"name": "prod"}]))
    case ["stack", "output", *_]:
        print("{}")
    case ["plugin", *_]:
        print("[]")
    case ["stack", "select", "taken", *_]:
        sys.exit("error: the stack is locked")
"""
GCLOUD = """#!/bin/sh
echo "$*" >> "${0%/*}/asked-of-gcloud"
case $* in
  'auth list'*) echo ada@example.com ;;
  version*) echo '{"Google Cloud SDK": "546.0.0"}' ;;
esac
"""
GH = "#!/bin/sh\necho 1234 56\n"

Json = Any


@dataclass
class Clone:
    """The folder, and the program as it runs there."""

    folder: Path
    google: GoogleServer
    environ: dict[str, str]
    is_terminal: bool = False
    authorization: Callable[[str], Authorization] = google_server.authorization

    def run(self, *arguments: str, answers: str = "") -> Result:
        dependencies = Dependencies(
            address=self.google.address,
            authorization=self.authorization,
            root=self.folder,
            environ=self.environ,
            pause=lambda _: None,
            is_terminal=lambda: self.is_terminal,
        )
        environ = {"COLUMNS": "200", "FORCE_COLOR": None}
        return CliRunner().invoke(main, ["init", *arguments], obj=dependencies, input=answers, env=environ)

    def notes(self) -> list[dict[str, Json]]:
        """What Pulumi was asked, in order."""
        file = self.folder / "asked"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def forget(self) -> None:
        """The notes so far."""
        (self.folder / "asked").unlink()

    def changes(self) -> list[str]:
        """The commands that Pulumi got before the doctor's."""
        lines = [" ".join(note["words"]) for note in self.notes()]
        return lines[: lines.index("version")] if "version" in lines else lines

    def asked_of_gcloud(self, *words: str) -> list[str]:
        file = self.folder / "asked-of-gcloud"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in lines if line.startswith(" ".join(words))]

    def settings(self, stack: str = "dev") -> dict[str, Json]:
        content: dict[str, Json] = json.loads((self.folder / f"Pulumi.{stack}.yaml").read_text())
        return content["config"]  # type: ignore[no-any-return] # as above

    def configure(self, **settings: Json) -> None:
        (self.folder / "Pulumi.dev.yaml").write_text(json.dumps({"config": settings}))

    def sign_in(self, address: str) -> None:
        (self.folder / ".pulumi").mkdir()
        (self.folder / ".pulumi" / "credentials.json").write_text(json.dumps({"current": address}))

    def enable(self, *services: str) -> None:
        """Google then says that these are on."""
        on = [{"name": f"projects/123/services/{service}.googleapis.com"} for service in services]
        self.google.answers["GET", f"serviceusage/v1/projects/{PROJECT}/services"] = {"services": on}


def put_program(folder: Path, name: str, source: str) -> None:
    """An executable file."""
    (folder / name).write_text(source)
    (folder / name).chmod(0o755)


def clone(folder: Path, google: GoogleServer) -> Clone:
    """An empty project that Google knows, and a person who is signed in to gcloud but not to Pulumi."""
    for name in ("Pulumi.yaml", "infra/service_names.py", "infra/bootstrap/Pulumi.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    put_program(folder, "pulumi", f"#!{sys.executable} -S\n{PULUMI}")
    put_program(folder, "gcloud", GCLOUD)
    put_program(folder, "gh", GH)
    google.answers["GET", f"cloudresourcemanager/v3/projects/{PROJECT}"] = {"name": "projects/123", "state": "ACTIVE"}
    google.answers["GET", f"cloudbilling/v1/projects/{PROJECT}/billingInfo"] = {"billingEnabled": True}
    result = Clone(folder, google, {"PATH": f"{folder}:/bin", "HOME": str(folder)})
    result.enable()
    result.configure(**OWN)
    return result
