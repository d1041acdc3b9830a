"""Measures how records are read: GET /data of the newest 50, the page behind them, and the first once more.

The emulator holds 120 records and no more: it scans them all for each query, which Firestore does not. Once more means
with If-None-Match: ours answers 304; the function as usually written knows no ETag and answers as before.
"""

from bench.harness.load import Request
from bench.harness.processes import Running
from bench.harness.scale import Scale
from bench.harness.side_by_side import Case, Subject
from bench.workload import documents, messages
from bench.workload.answers import ask, expect
from data_api.shared.errors import CliError

STORED = 120
PAGE = 50
LEVEL = 16  # connections
FIRST, SECOND, AGAIN = "newest 50", "second page", "unchanged"


def label(what: str, connections: int) -> str:
    """The case of a request and so many connections."""
    return f"{what}, {connections}"


def subject(scale: Scale) -> Subject:
    """What is measured."""
    requests = {FIRST: lambda _: messages.get(), SECOND: _second, AGAIN: _again}
    wanted = [(FIRST, 1), (FIRST, LEVEL), (SECOND, LEVEL), (AGAIN, LEVEL)] if scale.every_case else [(FIRST, LEVEL)]
    cases = [Case(label(what, count), count, requests[what]) for what, count in wanted]
    return Subject("present", cases, _fill, _check)


def _fill(host: str) -> None:
    with documents.connected(host) as firestore:
        firestore.fill(STORED)


def _second(running: Running) -> Request:
    token = ask(running.port, messages.get()).json().get("nextPageToken", "")
    return messages.get(f"/data?pageToken={token}" if token else "/data")


def _again(running: Running) -> Request:
    tag = ask(running.port, messages.get()).headers.get("etag")
    return messages.get(**({"if-none-match": tag} if tag else {}))


def _check(running: Running) -> None:
    first = expect(running, messages.get(), 200).json()["records"]
    second = expect(running, _second(running), 200).json()["records"]
    ids = {item["id"] for item in (*first, *second)}
    if (len(first), len(second), len(ids)) != (PAGE, PAGE, 2 * PAGE):
        raise CliError(
            f"The {running.name} shows pages of {len(first)} and {len(second)}, not of {PAGE} different records."
        )
