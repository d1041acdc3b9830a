"""Prints the bundle as JSON: `python -m dataapi.openapi ADDRESS [DESCRIPTION]`, which `data-api openapi` runs.

ADDRESS is the server's. Prints the problem and exits with 1 if no bundle can be made.
"""

import argparse
import json
from collections.abc import Sequence

from dataapi.openapi import source
from dataapi.openapi.errors import ContractError


def main(arguments: Sequence[str] | None = None) -> None:
    """The output is ASCII, so that it is the same in every locale."""
    parser = argparse.ArgumentParser(prog="dataapi.openapi")
    parser.add_argument("address")
    parser.add_argument("description", nargs="?", default="The API.")
    parsed = parser.parse_args(arguments)
    try:
        document = source.read({"url": parsed.address, "description": parsed.description})
    except ContractError as error:
        raise SystemExit(str(error)) from error
    print(json.dumps(document))  # noqa: T201 - the output of this program


if __name__ == "__main__":
    main()
