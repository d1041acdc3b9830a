"""Chooses where Pulumi keeps its state.

Owns which place is the default: the one that Pulumi is signed in to, else this machine. `pulumi login` writes the place
into Pulumi's own file of credentials, so that a new shell needs no variable; PULUMI_BACKEND_URL overrides that file.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from data_api.ops.init.changes import Change
from data_api.ops.init.questions import Form, Questions

VARIABLE = "PULUMI_BACKEND_URL"
_NAMES = {"local": "file://~", "cloud": "https://api.pulumi.com"}
_FORM = Form(
    re.compile(r"local|cloud|(?:file|gs|s3|azblob|https)://\S+"), "local, cloud or an address such as gs://BUCKET"
)
_EXPLANATIONS = {
    "file": "files on this machine: needs no account, but nobody else can deploy the stack",
    "gs": "objects in a bucket: others who may write there can deploy the stack, too",
    "https": "Pulumi Cloud: needs an account there, and keeps the key of the secrets as well",
}


def explanation(address: str) -> str:
    """What the place means, in one line."""
    return _EXPLANATIONS.get(address.partition(":")[0], "a place of your own")


def chosen(given: str | None, environ: Mapping[str, str], questions: Questions) -> str:
    """The address: of the option, of the environment, of the sign-in, or as a person says; raises UsageError."""
    if given:
        return _address(_FORM.check(given, "--backend"))
    if known := environ.get(VARIABLE) or stored(environ):
        return known
    if questions.asks:
        for name, address in (*_NAMES.items(), ("gs://BUCKET", "gs://BUCKET")):
            click.echo(f"  {name}: {explanation(address)}")
    return _address(questions.value("Where Pulumi keeps the state", "--backend", _FORM, offer="local"))


def login(address: str, environ: Mapping[str, str]) -> Iterator[Change]:
    """Signs in, unless Pulumi is already."""
    before = stored(environ)
    if before != address:
        reason = f"Pulumi's state: {explanation(address)}. Pulumi remembers it, also in a new shell."
        yield Change(("pulumi", "login", address), reason, before, address)


def stored(environ: Mapping[str, str]) -> str:
    """Where Pulumi is signed in, by its own file; empty if nowhere."""
    home = environ.get("PULUMI_CREDENTIALS_PATH") or environ.get("PULUMI_HOME")
    folder = Path(home) if home else Path(environ.get("HOME", "")) / ".pulumi"
    try:
        content = json.loads((folder / "credentials.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(content.get("current") or "") if isinstance(content, dict) else ""


def _address(choice: str) -> str:
    return _NAMES.get(choice, choice)
