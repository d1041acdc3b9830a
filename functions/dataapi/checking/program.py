"""Checks records as a program of its own: for `checker`, and for `data-api send --check`.

Standard input has groups of records: the sizes of the records as a JSON array on a line, then their bytes. Standard
output gets one line for each group: a JSON object of the invalid records by their position in the group, each with its
problems as `[field, problem]`, or with a text that says why it is not JSON. The program ends with its input.
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from dataapi.records import rules, schema


def answers(requests: IO[bytes], check: schema.Check) -> Iterator[bytes]:
    """A line for each group of records."""
    for sizes in requests:
        records = [requests.read(size) for size in json.loads(sizes)]
        invalid = {
            position: problems if isinstance(problems, str) else [[each.field, each.problem] for each in problems]
            for position, problems in rules.invalid(records, check).items()
        }
        yield json.dumps(invalid).encode() + b"\n"


def main() -> None:
    """Reads all of standard input."""
    parser = argparse.ArgumentParser(description="Checks records: groups of them on standard input.")
    parser.add_argument("schema", type=Path, help="the JSON Schema of a record")
    check = schema.load(parser.parse_args().schema)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # who started it may still need it
    with open(0, "rb") as requests:
        for answer in answers(requests, check):
            sys.stdout.buffer.write(answer)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
