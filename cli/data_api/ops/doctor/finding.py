"""Is what a check has found: well, wrong, or not to be told from here; and the command that mends it.

Owns the form in which checks of other packages are met, too: a mapping of texts, named like the fields.
Leaves finding to `preflight`, and showing to `report.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

WELL, WRONG, UNKNOWN = "well", "wrong", "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report. `mend` holds one command a line; a line that is none begins with #."""

    name: str
    state: str
    says: str
    mend: str = ""


def from_mapping(found: Mapping[str, str]) -> Finding:
    """What a check of another package says."""
    return Finding(found["name"], found["state"], found["says"], found.get("mend", ""))
