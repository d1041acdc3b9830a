"""The case `read`: GET /data of the newest 50 records, of the next page, and of the first page with If-None-Match.

The emulator holds only 120 records: it scans all of them for each query, which Firestore does not. To If-None-Match
our function answers 304; the common implementation has no ETag and answers with the whole page again.
"""

from bench.harness.load import Request
from bench.harness.processes import Running
from bench.harness.scale import Scale
from bench.harness.side_by_side import Case, Subject
from bench.workload import documents, messages
from bench.workload.answers import ask, expect
from data_api.shared.errors import CliError

STORED = 120  # records
PAGE_SIZE = 50
CONNECTIONS = 16
FIRST, SECOND, UNCHANGED = "newest 50", "second page", "unchanged"


def label(request: str, connections: int) -> str:
    """The label of the case with this request and number of connections."""
    return f"{request}, {connections}"


def subject(scale: Scale) -> Subject:
    """The function and its cases."""
    requests = {FIRST: lambda _: messages.get(), SECOND: _second_page, UNCHANGED: _unchanged_page}
    loads = [(FIRST, CONNECTIONS)]
    if scale.every_case:
        loads = [(FIRST, 1), *loads, (SECOND, CONNECTIONS), (UNCHANGED, CONNECTIONS)]
    cases = [Case(label(request, count), count, requests[request]) for request, count in loads]
    return Subject("present", cases, _fill, _check)


def _fill(host: str) -> None:
    with documents.connected(host) as firestore:
        firestore.fill(STORED)


def _second_page(running: Running) -> Request:
    token = ask(running.port, messages.get()).json().get("nextPageToken", "")
    return messages.get(f"/data?pageToken={token}" if token else "/data")


def _unchanged_page(running: Running) -> Request:
    etag = ask(running.port, messages.get()).headers.get("etag")
    return messages.get(**({"if-none-match": etag} if etag else {}))


def _check(running: Running) -> None:
    first = expect(running, messages.get(), 200).json()["records"]
    second = expect(running, _second_page(running), 200).json()["records"]
    ids = {record["id"] for record in (*first, *second)}
    if (len(first), len(second), len(ids)) != (PAGE_SIZE, PAGE_SIZE, 2 * PAGE_SIZE):
        raise CliError(
            f"The pages of {running.name} have {len(first)} and {len(second)} records, {len(ids)} of them different, "
            f"instead of {PAGE_SIZE} different records each."
        )
