"""Says what can go wrong for a person at the terminal.

CliError        a sentence that says what to do; click prints it without a traceback and exits with 1
└── ApiError what the API refused, or that no answer came
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from data_api.shared.errors import CliError


def tell(message: str) -> None:
    """Writes a line to the current standard error, above a progress bar that is shown there."""
    sys.stderr.write(f"{message}\n")


@dataclass(frozen=True, slots=True)
class Detail:
    """One problem, as the API names it."""

    field: str
    problem: str
    line: int | None = None  # in the body of the request
    where: str = ""  # in the user's own input, as in "line 17:"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.where, self.field, self.problem)))


class ApiError(CliError):
    """The API refused a call, or did not answer it. `is_transient`: the same call may succeed later."""

    def __init__(
        self,
        message: str,
        details: Sequence[Detail] = (),
        *,
        status: int | None = None,
        is_transient: bool = False,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message)
        self.details = details
        self.status = status  # None where no answer came
        self.is_transient = is_transient
        self.retry_after = retry_after  # seconds

    def format_message(self) -> str:
        """The message, and below it each problem."""
        return "\n".join([self.message, *(f"  {detail}" for detail in self.details)])
