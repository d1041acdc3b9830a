"""Sends records batch by batch, and says what has become of them whatever happens.

Owns the account that a person is given when sending stops early: what was accepted, what has to be fixed, and how
to go on without storing anything twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click

from data_api.records.api import Api, Json
from data_api.records.batches import Batch, batches
from data_api.records.errors import ApiError, Detail, tell
from data_api.records.sources import Source
from data_api.shared.errors import INTERRUPTED, CliError


@dataclass(frozen=True, slots=True)
class Naming:
    """The Idempotency-Key of each batch, and how the user comes by the same keys again."""

    key: Callable[[Batch], str]
    again: str  # a sentence


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of a batch: before it is sent, with how many records were accepted so far; and of its receipts."""

    begins: Callable[[Batch, int], None]
    accepted: Callable[[list[Json]], None]


@dataclass(slots=True)
class Account:
    """What has been accepted so far."""

    count: int = 0
    last: int = 0  # the number of the last one in the input

    def add(self, batch: Batch) -> None:
        """Every record of the batch was accepted."""
        self.count += len(batch.numbers)
        self.last = batch.numbers[-1]


def send_all(api: Api, source: Source, naming: Naming, watch: Watch) -> int:
    """How many records were accepted: all of them. Else raises CliError, or Exit after Ctrl-C."""
    account = Account()
    with _accounting(account, source, naming):
        for batch in batches(source.lines):
            watch.begins(batch, account.count)
            receipts = _post(api, batch, naming, source)
            account.add(batch)
            watch.accepted(receipts)
    return account.count


@contextmanager
def _accounting(account: Account, source: Source, naming: Naming) -> Iterator[None]:
    try:
        yield
    except CliError as error:
        # After a refusal everything is known; after a call that never ended well its batch may have been accepted.
        is_open = isinstance(error, ApiError) and error.is_transient
        told = _told(account, source, naming) if account.count or is_open else ""
        raise CliError(f"{error.format_message()}\n{told}".rstrip()) from error
    except KeyboardInterrupt:
        tell(f"\nStopped. {_told(account, source, naming)}")
        raise click.exceptions.Exit(INTERRUPTED) from None


def _post(api: Api, batch: Batch, naming: Naming, source: Source) -> list[Json]:
    post = api.post_record if len(batch.numbers) == 1 else api.post_batch
    try:
        return post(batch.body, naming.key(batch))
    except ApiError as error:
        error.details = [_located(detail, batch, source.noun) for detail in error.details]
        raise


def _located(detail: Detail, batch: Batch, noun: str) -> Detail:
    """The same, with its place in the user's input if that has several records."""
    if len(batch.numbers) == 1:
        number = batch.numbers[0]
    elif detail.line is not None and 1 <= detail.line <= len(batch.numbers):
        number = batch.numbers[detail.line - 1]
    else:
        return detail
    return replace(detail, where=f"{noun} {number}:") if noun else detail


def _told(account: Account, source: Source, naming: Naming) -> str:
    if not account.count:
        return f"No record was accepted, as far as is known. {naming.again}"
    were = "record was" if account.count == 1 else "records were"
    where = f", up to {source.noun} {account.last}" if source.noun else ""
    return f"{account.count:,} {were} accepted{where}. {naming.again}"
