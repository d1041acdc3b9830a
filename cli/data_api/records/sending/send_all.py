"""Sends records batch by batch.

If sending stops early, the error says which records were accepted, what to fix, and how to continue without storing
anything twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click

from data_api.records.api.client import Api
from data_api.records.api.errors import ApiError, Detail, print_to_stderr
from data_api.records.api.responses import Json
from data_api.records.sending.batches import Batch, batches
from data_api.records.sending.keys import IdempotencyKeys
from data_api.records.sending.sources import Source
from data_api.shared.errors import INTERRUPTED, CliError


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Called before a batch is sent, with the number of records accepted so far; and after it, with its receipts."""

    before_batch: Callable[[Batch, int], None]
    after_batch: Callable[[Batch, list[Json]], None]


@dataclass(slots=True)
class Accepted:
    """The records that were accepted so far."""

    count: int = 0
    last: int = 0  # the position of the last one in the input

    def add(self, batch: Batch) -> None:
        """Every record of the batch was accepted."""
        self.count += len(batch.numbers)
        self.last = batch.numbers[-1]


def send_all(api: Api, source: Source, keys: IdempotencyKeys, callbacks: Callbacks) -> int:
    """The number of records, all of which were accepted. Otherwise raises CliError, or Exit after Ctrl-C."""
    accepted = Accepted()
    with _summary_on_error(accepted, source, keys):
        for batch in batches(source.lines):
            callbacks.before_batch(batch, accepted.count)
            receipts = _post(api, batch, keys, source)
            accepted.add(batch)
            callbacks.after_batch(batch, receipts)
    return accepted.count


@contextmanager
def _summary_on_error(accepted: Accepted, source: Source, keys: IdempotencyKeys) -> Iterator[None]:
    """Adds to an error what was accepted before it."""
    try:
        yield
    except CliError as error:
        # After a retryable error the batch may have been accepted; after any other it was not.
        is_uncertain = isinstance(error, ApiError) and error.retryable
        summary = _summary(accepted, source, keys) if accepted.count or is_uncertain else ""
        raise CliError(f"{error.format_message()}\n{summary}".rstrip(), error.exit_code) from error
    except KeyboardInterrupt:
        print_to_stderr(f"\nStopped. {_summary(accepted, source, keys)}")
        raise click.exceptions.Exit(INTERRUPTED) from None


def _post(api: Api, batch: Batch, keys: IdempotencyKeys, source: Source) -> list[Json]:
    post = api.post_record if len(batch.numbers) == 1 else api.post_batch
    try:
        return post(batch.body, keys.key(batch))
    except ApiError as error:
        error.details = [_with_location(detail, batch, source.noun) for detail in error.details]
        raise


def _with_location(detail: Detail, batch: Batch, noun: str) -> Detail:
    """The detail with its position in the user's input, if that has several records."""
    if len(batch.numbers) == 1:
        number = batch.numbers[0]
    elif detail.line is not None and 1 <= detail.line <= len(batch.numbers):
        number = batch.numbers[detail.line - 1]
    else:
        return detail
    return replace(detail, location=f"{noun} {number}:") if noun else detail


def _summary(accepted: Accepted, source: Source, keys: IdempotencyKeys) -> str:
    if not accepted.count:
        return f"No record was confirmed as accepted. {keys.resend_hint}"
    were = "record was" if accepted.count == 1 else "records were"
    up_to = f", up to {source.noun} {accepted.last}" if source.noun else ""
    return f"{accepted.count:,} {were} accepted{up_to}. {keys.resend_hint}"
