"""Reads what the bundle is made from: openapi.yaml and record.schema.json.

Both are in the archive of the functions. In the repository openapi.yaml is one folder above.
"""

import json
from pathlib import Path
from typing import Any

from dataapi.openapi import bundle
from dataapi.openapi.errors import ContractError

Json = dict[str, Any]  # a JSON object of any structure

FUNCTIONS = Path(__file__).parents[2]
_NAMES = "openapi.yaml or record.schema.json"
HERE: Json = {"url": "/", "description": "Where this document is served."}


def read(server: Json, functions: Path = FUNCTIONS) -> Json:
    """The bundle of the contract beside these functions; raises ContractError if a file is missing or invalid."""
    import yaml  # noqa: PLC0415  only a request for the document needs it, not every cold start

    contract_file = next(
        (file for folder in (functions, functions.parent) if (file := folder / "openapi.yaml").is_file()), None
    )
    if contract_file is None:
        raise ContractError(f"openapi.yaml is neither in {functions} nor above: restore it.")
    try:
        # libyaml's loader takes a tenth of the time.
        contract = yaml.load(contract_file.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
        record_schema = json.loads((functions / "record.schema.json").read_bytes())
    except (OSError, ValueError, yaml.YAMLError) as error:
        problem = " ".join(str(error).split())  # a YAML error has several lines
        raise ContractError(f"{_NAMES} cannot be read ({problem}): fix it.") from error
    try:
        return bundle.bundle(contract, record_schema, server)
    except (AttributeError, KeyError, TypeError) as error:
        raise ContractError(f"{_NAMES} lacks a part ({type(error).__name__}: {error}): restore it.") from error
