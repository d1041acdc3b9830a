"""Gets the files of the web page as the function `web` would serve them, for a bucket.

The program `dataapi.web.export` writes them: what their addresses and headers are is said there and nowhere else.
"""

import atexit
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployment.config_error import ConfigError
from deployment.configuration import WebPage


@dataclass(frozen=True)
class PageRelease:
    """The files below a folder, by the paths of their addresses, and the headers of all answers."""

    folder: Path
    media_types: Mapping[str, str]
    headers: Mapping[str, str]


def export(root: Path, page: WebPage, role_claim: str) -> PageRelease:
    """The release of the repository at `root`; raises ConfigError.

    The files are deleted when the program ends: it ends after Pulumi has uploaded them.
    """
    folder = tempfile.TemporaryDirectory(prefix="data-api-")
    atexit.register(folder.cleanup)
    options = {
        "--client-id": page.client_id,
        "--identity-platform-key": page.identity_platform_key,
        "--role-claim": role_claim,
        "--api-key": page.api_key,
    }
    written = subprocess.run(  # noqa: S603  this Python, and a module of the functions
        [
            sys.executable,
            "-m",
            "dataapi.web.export",
            folder.name,
            *(f"{name}={value}" for name, value in options.items()),
        ],
        cwd=root / "functions",
        capture_output=True,
        text=True,
        check=False,
    )
    if written.returncode:
        problem = (written.stderr.strip().splitlines() or ["no message"])[-1]
        raise ConfigError(f"The web page cannot be deployed ({problem}): restore or correct the files in web/.")
    printed = json.loads(written.stdout)
    return PageRelease(Path(folder.name), printed["mediaTypes"], printed["headers"])
