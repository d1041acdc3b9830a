"""What happens when standard output cannot be written: a full disk, or a pipe that nobody reads.

click ends quietly at a closed pipe, as in `… | head`. For every other reason the user gets a sentence.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from data_api.shared.errors import CliError

_REASONS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


@contextmanager
def cli_error_for_output() -> Iterator[None]:
    """Raises CliError where the block cannot write its output."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REASONS:
            raise
        _discard_what_is_buffered()
        raise CliError(f"The output cannot be written ({error.strerror}); write it to another place.") from error


def _discard_what_is_buffered() -> None:
    """Python would try to write it once more at its end, and print a traceback."""
    with suppress(OSError, ValueError):  # it is no file, as in tests
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
