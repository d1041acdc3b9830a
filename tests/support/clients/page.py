"""The samples of docs/clients.md, as they are on the page but for the record: a project may have another schema."""

import json
import re
from pathlib import Path

from tests.support.records import SAMPLE

PAGE = (Path(__file__).parents[3] / "docs" / "clients.md").read_text(encoding="utf-8")
_SAMPLES = PAGE[PAGE.index("## The same in four languages") :]
_RECORD = '{"informationOne": "first", "informationTwo": "second"}'


def sample(language: str) -> str:
    """The one sample in this language."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", _SAMPLES, re.DOTALL)
    assert 1 == block.count(_RECORD)
    return str(block).replace(_RECORD, repr(SAMPLE) if language == "python" else json.dumps(SAMPLE))


def configuration() -> str:
    """The configuration of openapi-python-client."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return str(block)
