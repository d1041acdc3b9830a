"""Stores records from memory with Google's BulkWriter, as fast as it can, and prints how many a second.

`python bulk_writer.py COUNT SIZE BATCH`, with the functions' variables. Its own limit of 500 writes a second is lifted;
a batch holds 20 by default, and 500 at most.
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
    """Prints one line of JSON."""
    client = firestore.Client(database=os.environ["DATABASE"])
    records = client.collection("users", "bulk@accounts.google.com", "records")
    data = {"text": "x" * size}
    now = datetime.now(UTC)
    references = [records.document(uuid.uuid4().hex) for _ in range(count)]
    references[0].create({})  # the channel is open
    failed: list[object] = []

    def give_up(failure: object, _: object) -> bool:
        failed.append(failure)
        return False

    writer = client.bulk_writer(BulkWriterOptions(initial_ops_per_second=NO_LIMIT, max_ops_per_second=NO_LIMIT))
    writer.batch_size = batch
    writer.on_write_error(give_up)
    began = time.perf_counter()
    for reference in references[1:]:
        writer.create(reference, {"createdAt": now, "persistedAt": firestore.SERVER_TIMESTAMP, "data": data})
    writer.close()  # type: ignore[no-untyped-call]  # google-cloud-firestore leaves it out
    seconds = time.perf_counter() - began
    if failed:
        raise SystemExit(f"{len(failed)} writes failed: {failed[0]}")
    print(json.dumps({"rate": (count - 1) / seconds}))  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
