"""Documents and messages are in plain English. CONTRIBUTING.md has the rules, this file the words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Words that readers would have to learn or look up, and what to write instead.
BETTER = {
    # A vocabulary of the project's own.
    r"bur(?:y|ies|ied|ying)": "dead-letter, dead-lettered",
    r"(?<!dead[ _-])(?<!-case )letters?(?!, digits)": "dead letter",
    r"(?:tell|recall|refus|keep|sav|find|list)er": "the name of the store's method",
    r"intake": "admission control",
    r"grouping": "group commit",
    r"storable": "valid, within Firestore's limits",
    r"patience": "timeout",
    r"leash": "orphan reaper",
    r"journey": "timeline",
    r"contenders?": "implementations",
    r"surroundings": "context",
    r"workplace": "temporary database",
    r"duties": "permissions",
    r"believ(?:e|es|ed|ing)": "trust, accept",
    r"twin": "in-memory fake",
    r"rehears(?:e|es|ed|al|als|ing)": "test, mocks, preview",
    r"faults?": "error, bug",
    r"refusals?": "error, rejection",
    # Idioms.
    r"mend(?:s|ed|ing)?": "fix",
    r"stands?": "is",
    r"do(?:es)? not hold": "is invalid, fails",
    r"is none": "is invalid",
    r"left alone": "unchanged, skipped",
    r"whoever": "a user who, anyone who",
    r"not told|is not said": "unknown",
    r"parted by": "separated by",
}
WORDS = re.compile(rf"\b(?:{'|'.join(BETTER)})\b", re.IGNORECASE)
# Texts that have such a word for a reason.
ALLOWED = {
    ("docs/operations.md", "_(records|letters)$"): "a filter for the names of roles",
    ("infra/deployment/configuration/environment.py", "a letter first"): "of the alphabet",
}
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


def violations(text: str) -> list[str]:
    """The words with some context."""
    plain = " ".join(text.split())
    return [plain[max(0, match.start() - 30) : match.end() + 30] for match in WORDS.finditer(plain)]


def without_allowed(path: Path, text: str) -> str:
    for name, allowed in ALLOWED:
        if path == ROOT / name:
            text = text.replace(allowed, "")
    return text


def content(path: Path) -> str:
    """The text of a document, without allowed texts and the bad examples of CONTRIBUTING.md."""
    text = without_allowed(path, path.read_text(encoding="utf-8"))
    if path.name == "CONTRIBUTING.md":
        rules, language = text.split("\n## Language\n")
        text = rules + re.sub(r"^\|[^|]*\|", "", language, flags=re.MULTILINE)
    return text


def strings(path: Path) -> Iterator[str]:
    """Every string of a module, its docstrings among them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield without_allowed(path, node.value)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_are_in_plain_english(path: Path) -> None:
    assert [] == violations(content(path))


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_strings_of_the_product_are_in_plain_english(path: Path) -> None:
    assert [] == [violation for text in strings(path) for violation in violations(text)]


def test_every_exception_is_still_needed() -> None:
    assert [] == [text for name, text in ALLOWED if text not in (ROOT / name).read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    "text",
    [
        "The cause is mended.",
        "a message is\n    buried",
        "It does not\nhold.",
        "list the letters",
        "The record is refused: a refusal.",
    ],
)
def test_a_listed_word_is_found(text: str) -> None:
    assert 1 == len(violations(text))


@pytest.mark.parametrize(
    "text", ["a dead\nletter", "dead-letter", "lower-case letters, digits and dashes", "the tester", "understands"]
)
def test_other_words_are_not_found(text: str) -> None:
    assert [] == violations(text)
