"""Checks the Google Cloud CLI: that it has the commands which docs/restore.md uses."""

import json
import re
from collections.abc import Iterator

from data_api.ops.dependencies import Dependencies
from data_api.ops.pulumi_stack import Stack
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult
from data_api.shared.programs import NOT_FOUND

LEAST = 546  # its release notes: `gcloud firestore databases clone` is for all since 546.0.0 (2025-11-04)
_INSTALL = "# https://cloud.google.com/sdk/docs/install"


def version(stack: Stack, dependencies: Dependencies) -> Iterator[CheckResult]:
    """Only of a stack that can be restored: nothing else needs a version."""
    if not stack.is_recoverable:
        return
    completed = dependencies.run(["gcloud", "version", "--format=json"])
    if completed.exit_code == NOT_FOUND:
        message = "the program is not installed: docs/restore.md and the fixes that are printed here use it"
        yield CheckResult("gcloud", UNKNOWN, message, _INSTALL)
        return
    text = _version(completed.stdout)
    if not text:
        yield CheckResult("gcloud", UNKNOWN, "not checked: `gcloud version` does not say its version", "gcloud version")
    elif int(text.partition(".")[0]) < LEAST:
        message = f"version {text}; to restore a minute (docs/restore.md) it has to be {LEAST} or newer"
        yield CheckResult("gcloud", PROBLEM, message, "gcloud components update")
    else:
        yield CheckResult("gcloud", OK, f"version {text}")


def _version(text: str) -> str:
    """Empty without one in the text."""
    try:
        answer = json.loads(text)
    except ValueError:
        return ""
    number = str(answer.get("Google Cloud SDK", "")) if isinstance(answer, dict) else ""
    return number if re.fullmatch(r"\d+\.[\w.]+", number) else ""
