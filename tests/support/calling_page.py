"""The samples of docs/calling.md, as they are on the page but for the record: a project may have another schema."""

import json
import re
from pathlib import Path

from tests.support.records import SAMPLE

PAGE = (Path(__file__).parents[2] / "docs" / "calling.md").read_text(encoding="utf-8")
_SAMPLES = PAGE[PAGE.index("## Post, wait, list") : PAGE.index("## Retries")]
_RECORD = '{"informationOne": "first", "informationTwo": "second"}'


def sample(language: str) -> str:
    """The one complete sample in this language."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", _SAMPLES, re.DOTALL)
    assert _RECORD in block
    return str(block).replace(_RECORD, repr(SAMPLE) if language == "python" else json.dumps(SAMPLE))


def three_lines() -> str:
    """The call of `fetch`, which expects `url` and `token`, and ends with `records`."""
    (block,) = re.findall(r"## Three lines\n\n```js\n(.*?)```", PAGE, re.DOTALL)
    assert 3 == len(block.splitlines())
    return str(block)


def printed_json(output: str) -> list[object]:
    """What a sample prints: one JSON value after the other; curl ends none of them with a line break."""
    return [json.loads(line) for line in output.replace("}{", "}\n{").splitlines()]
