"""Checks records in the process of the test, whatever they cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataapi.records import rules
from dataapi.records.rules import Invalid
from dataapi.records.schema import Check


@dataclass(frozen=True)
class CheckerInProcess:
    """Implements `rules.Checker`."""

    schema: Check

    async def check(self, records: Sequence[bytes]) -> Invalid:
        return rules.invalid(records, self.schema)
