"""Waits until records that were accepted are stored, or are dead letters.

Several threads ask for one record each, and the API waits with its answer. A record that is still on its way is asked
for again when all others have had their turn, so that a few slow ones hold up nobody.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from multiprocessing.pool import ThreadPool  # its threads do not keep the program from ending

import click

from data_api.records.api.client import Api
from data_api.records.api.errors import ApiError, print_to_stderr
from data_api.records.api.responses import Json
from data_api.records.sending.batches import Batch
from data_api.shared.errors import INTERRUPTED, CliError, ExitCode

PARALLEL = 8  # calls at the same time
WAIT = 3  # seconds that one call waits
_AT_ONCE = 1_000  # calls that are queued


@dataclass(frozen=True, slots=True)
class Sent:
    """A record that was accepted: its position in the input, and its id."""

    number: int
    id: str


def sent_records(batch: Batch, receipts: Sequence[Json]) -> Iterator[Sent]:
    """The records of a batch, whose receipts are in its order."""
    for number, receipt in zip(batch.numbers, receipts, strict=False):
        yield Sent(number, receipt["id"])


@dataclass(slots=True)
class Outcome:
    """What became of the records so far."""

    total: int
    stored: int = 0
    dead_letters: dict[str, list[Sent]] = field(default_factory=dict)  # by the API's message, which has the reason

    @property
    def remaining(self) -> int:
        """How many are still on their way."""
        return self.total - self.stored - sum(map(len, self.dead_letters.values()))


def wait_until_stored(api: Api, records: Sequence[Sent], progress: Callable[[Outcome], None]) -> Outcome:
    """Returns when no record is on its way any more. Otherwise raises CliError, or Exit after Ctrl-C."""
    outcome = Outcome(len(records))
    with ThreadPool(PARALLEL) as threads, _summary_on_error(outcome):
        while records:
            records = _still_waiting(api, records, outcome, progress, threads)
    return outcome


def _still_waiting(
    api: Api,
    records: Sequence[Sent],
    outcome: Outcome,
    progress: Callable[[Outcome], None],
    threads: ThreadPool,
) -> list[Sent]:
    """Asks for each record once, and returns those that are still on their way."""
    waiting: list[Sent] = []
    queue = iter(records)
    while some := list(islice(queue, _AT_ONCE)):
        for record, error in zip(some, threads.imap(partial(_error_of, api), some), strict=True):
            if error is None:
                outcome.stored += 1
            elif error.exit_code == ExitCode.GONE:
                outcome.dead_letters.setdefault(error.message, []).append(record)
            else:
                waiting.append(record)
            progress(outcome)
    return waiting


def _error_of(api: Api, record: Sent) -> ApiError | None:
    """None for a stored record, 404 for one on its way, 410 for a dead letter; raises any other ApiError."""
    try:
        api.get(record.id, WAIT)
    except ApiError as error:
        if error.exit_code not in (ExitCode.NOT_FOUND, ExitCode.GONE):
            raise
        return error
    return None


@contextmanager
def _summary_on_error(outcome: Outcome) -> Iterator[None]:
    """Adds how many records are still on their way: here it is known."""
    try:
        yield
    except CliError as error:
        raise CliError(f"{error.format_message()}\n{_summary(outcome)}", error.exit_code) from error
    except KeyboardInterrupt:
        print_to_stderr(f"\nStopped. {_summary(outcome)}")
        raise click.exceptions.Exit(INTERRUPTED) from None


def _summary(outcome: Outcome) -> str:
    return (
        f"Records accepted: {outcome.total:,}; not known to be stored yet: {outcome.remaining:,}. "
        "The API stores them without you; `data-api get ID --wait 10` waits for one."
    )


def raise_for_dead_letters(outcome: Outcome, noun: str) -> None:
    """Raises CliError that names the dead letters with their reasons, if there are any."""
    if not outcome.dead_letters:
        return
    lines = [f"{outcome.total - outcome.stored:,} of {outcome.total:,} records could not be stored."]
    for message, records in outcome.dead_letters.items():
        lines.append(f"  {message}")
        lines += [f"    {noun} {record.number}: {record.id}" if noun else f"    {record.id}" for record in records]
    raise CliError("\n".join(lines), ExitCode.GONE)
