"""What people read is in the field's standard terms and in plain English: no word that needs explaining first."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Words of a vocabulary of the project's own, and the idioms that CONTRIBUTING.md replaces.
WORDS = re.compile(
    r"""\b(
    bur(?:y|ies|ied|ying) | unburied | teller | recaller | refuser | intake | leash | journey | contenders?
    | mend(?:s|ed|ing)? | stands? | does[ ]not[ ]hold | do[ ]not[ ]hold | is[ ]none | left[ ]alone | whoever
    | rehears(?:e|es|ed|al|als) | not[ ]told | is[ ]not[ ]said | parted[ ]by
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
DOCUMENTS = sorted(
    path
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "openapi.yaml",
        "Pulumi.yaml",
        "infra/bootstrap/Pulumi.yaml",
        ".github/**/*",
    )
    for path in ROOT.glob(pattern)
    if path.is_file()
)
PRODUCT = sorted(path for folder in ("functions", "cli", "infra") for path in (ROOT / folder).rglob("*.py"))


def violations(lines: Iterator[tuple[int, str]], path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}" for number, line in lines for match in WORDS.finditer(line)
    ]


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a module, its docstrings among them, by line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_are_in_plain_english(path: Path) -> None:
    assert [] == violations(iter(enumerate(path.read_text(encoding="utf-8").splitlines(), 1)), path)


def test_the_strings_of_the_product_are_in_plain_english() -> None:
    assert [] == [violation for path in PRODUCT for violation in violations(strings(path), path)]


def test_a_word_of_the_list_is_seen() -> None:
    assert ["README.md:7: mended"] == violations(iter([(7, "The cause is mended.")]), ROOT / "README.md")
