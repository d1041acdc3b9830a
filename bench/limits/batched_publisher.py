"""Publishes records from memory with Google's publisher client in batches, and prints how many a second.

`python batched_publisher.py COUNT FILE`, with the functions' variables. FILE holds one message, in which `*` stands for
its number. Whoever wants a topic full of messages runs it as well.
"""

import json
import os
import sys
import time
from pathlib import Path

from google.cloud import pubsub_v1  # type: ignore[attr-defined]  # google-cloud-pubsub tells mypy nothing of it

BATCH = pubsub_v1.types.BatchSettings(max_messages=1_000, max_bytes=9_000_000, max_latency=0.05)


def main(count: int, message: bytes) -> None:
    """Prints one line of JSON."""
    publisher = pubsub_v1.PublisherClient(batch_settings=BATCH)
    topic = publisher.topic_path(os.environ["GOOGLE_CLOUD_PROJECT"], os.environ["TOPIC"])
    messages = [message.replace(b"*", f"{number:032x}".encode()) for number in range(count)]
    began = time.perf_counter()
    futures = [publisher.publish(topic, data, schemaVersion="1") for data in messages]
    for future in futures:
        future.result()
    print(json.dumps({"rate": count / (time.perf_counter() - began)}))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).read_bytes())
