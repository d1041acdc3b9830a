"""Says what keeps a command for operators from going on.

CliError           a sentence that says what to do; click prints it without a traceback
└── GoogleError what Google refused, or that no answer came
"""

from http import HTTPStatus

from data_api.shared.errors import CliError, ExitCode, exit_code_of_status


class GoogleError(CliError):
    """A call that Google refused. `status` is HTTP's, 0 where no answer came; `reason` is Google's own word."""

    def __init__(self, message: str, *, status: int, reason: str, service: str, consumer: str = "") -> None:
        # INVALID is about the caller's records, and this call has none.
        is_bad_request = status == HTTPStatus.BAD_REQUEST
        super().__init__(message, ExitCode.OTHER if is_bad_request else exit_code_of_status(status))
        self.status = status
        self.reason = reason  # SERVICE_DISABLED, BILLING_DISABLED, else the status's name: PERMISSION_DENIED
        self.service = service  # as in firestore.googleapis.com; the one that is disabled, where one is
        self.consumer = consumer  # the number of the project that the call counts for, where Google says it

    @property
    def is_rejection(self) -> bool:
        """Google has answered, and what was asked for did not happen."""
        return 400 <= self.status < 500  # noqa: PLR2004 - HTTP's own classes
