"""Checks records by the rules of a POST, as a program: `data-api send --check` starts it, the cloud does not have it.

Standard input has one record a line, behind its number and a space. Standard output gets one JSON array for each
problem: number, field, problem.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from dataapi.records import schema, submission


def problems(numbered_lines: Iterable[bytes], check: schema.Check) -> Iterator[str]:
    """One JSON array for each problem of the records."""
    for numbered_line in numbered_lines:
        number, _, line = numbered_line.rstrip(b"\n").partition(b" ")
        for problem in submission.line_problems(int(number), line, check):
            yield json.dumps([problem.line, problem.field, problem.problem])


def main() -> None:
    """Reads all of standard input."""
    parser = argparse.ArgumentParser(description="Checks records, one a line behind its number.")
    parser.add_argument("schema", type=Path, help="the JSON Schema of a record")
    check = schema.load(parser.parse_args().schema)
    with open(0, "rb") as lines:
        for problem in problems(lines, check):
            print(problem)  # noqa: T201  its output


if __name__ == "__main__":
    main()
