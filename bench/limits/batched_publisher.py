"""Publishes records from memory in batches with Google's publisher client, and prints the messages a second as JSON.

Run it with `python batched_publisher.py COUNT FILE` and the environment variables of the functions. FILE contains one
message, in which `*` is replaced with the message's number. The study `preloaded` also fills its topic with it.
"""

import json
import os
import sys
import time
from pathlib import Path

from google.cloud import pubsub_v1  # type: ignore[attr-defined]  # google-cloud-pubsub has no types for it

BATCH = pubsub_v1.types.BatchSettings(max_messages=1_000, max_bytes=9_000_000, max_latency=0.05)


def main(count: int, message: bytes) -> None:
    """Publishes all messages, waits until all are published, and prints the rate."""
    publisher = pubsub_v1.PublisherClient(batch_settings=BATCH)
    topic = publisher.topic_path(os.environ["GOOGLE_CLOUD_PROJECT"], os.environ["TOPIC"])
    messages = [message.replace(b"*", f"{number:032x}".encode()) for number in range(count)]
    start = time.perf_counter()
    futures = [publisher.publish(topic, data, schemaVersion="1") for data in messages]
    for future in futures:
        future.result()
    print(json.dumps({"rate": count / (time.perf_counter() - start)}))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).read_bytes())
