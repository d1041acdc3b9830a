"""The error of a contract from which no bundle can be made."""


class ContractError(Exception):
    """openapi.yaml or record.schema.json is invalid; the message names the file, the problem and what to do."""
