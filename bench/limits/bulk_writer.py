"""Stores records from memory with Google's BulkWriter, as fast as possible, and prints the records a second as JSON.

Run it with `python bulk_writer.py COUNT SIZE BATCH` and the environment variables of the functions. BulkWriter's own
limit of 500 writes a second is switched off; a batch has 20 writes by default, and at most 500.
"""

import json
import os
import sys
import time
import uuid
from datetime import UTC, datetime

from google.cloud import firestore
from google.cloud.firestore_v1.bulk_writer import BulkWriterOptions

NO_LIMIT = 1_000_000  # writes a second


def main(count: int, size: int, batch: int) -> None:
    """Stores all records, and prints the rate; exits with an error if a write failed."""
    client = firestore.Client(database=os.environ["DATABASE"])
    records = client.collection("users", "bulk@accounts.google.com", "records")
    data = {"text": "x" * size}
    now = datetime.now(UTC)
    references = [records.document(uuid.uuid4().hex) for _ in range(count)]
    references[0].create({})  # opens the channel before the time is measured
    failures: list[object] = []

    def on_error(failure: object, _: object) -> bool:
        failures.append(failure)
        return False  # do not retry

    writer = client.bulk_writer(BulkWriterOptions(initial_ops_per_second=NO_LIMIT, max_ops_per_second=NO_LIMIT))
    writer.batch_size = batch
    writer.on_write_error(on_error)
    start = time.perf_counter()
    for reference in references[1:]:
        writer.create(reference, {"createdAt": now, "changedAt": firestore.SERVER_TIMESTAMP, "data": data})
    writer.close()  # type: ignore[no-untyped-call]  # google-cloud-firestore has no types for it
    seconds = time.perf_counter() - start
    if failures:
        raise SystemExit(f"{len(failures)} writes failed: {failures[0]}")
    print(json.dumps({"rate": (count - 1) / seconds}))  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
