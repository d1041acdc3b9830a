"""The error of a call to the API, and a way to write a line to standard error at once."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from data_api.shared.errors import CliError, ExitCode


def print_to_stderr(message: str) -> None:
    """Writes a line to what standard error is at this moment: a progress bar replaces it while it is drawn."""
    sys.stderr.write(f"{message}\n")


@dataclass(frozen=True, slots=True)
class Detail:
    """One problem, as the API names it."""

    field: str
    problem: str
    line: int | None = None  # in the body of the request
    location: str = ""  # in the user's own input, as in "line 17:"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.location, self.field, self.problem)))


class ApiError(CliError):
    """The API rejected a call, or did not answer. `retryable`: the same call may succeed later."""

    def __init__(
        self,
        message: str,
        details: Sequence[Detail] = (),
        *,
        exit_code: ExitCode = ExitCode.OTHER,
        retryable: bool = False,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message, exit_code)
        self.details = details
        self.retryable = retryable
        self.retry_after = retry_after  # seconds

    def format_message(self) -> str:
        """The message, and each problem on a line below it."""
        return "\n".join([self.message, *(f"  {detail}" for detail in self.details)])
