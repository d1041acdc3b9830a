"""Reads the runbooks of the alerts from docs/operations.md, so that an alert can contain its own.

Placeholders in a runbook's commands are replaced by the names of the stack.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from deployment.config_error import ConfigError

PAGE = "docs/operations.md"
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)  # not one #: that is a comment in a shell command
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def read_runbooks(path: Path) -> dict[str, str]:
    """The sections of the page by heading; raises ConfigError if the page cannot be read."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}), but alerts contain its sections: restore it."
        ) from error
    _, *parts = _HEADING.split(text)
    return {title: section.strip() for title, section in zip(parts[::2], parts[1::2], strict=True)}


def runbook(sections: Mapping[str, str], title: str, names: Mapping[str, str], page_url: str) -> str:
    """The text of an alert: its section, with `names` in place of the placeholders, and a link to the section.

    Raises ConfigError if the page has no such section.
    """
    if title not in sections:
        raise ConfigError(
            f"{PAGE} has no section {title!r}, but the alert with this title needs its runbook: add the section."
        )
    placeholders = re.compile(rf"\b({'|'.join(names)})\b")
    text = placeholders.sub(lambda match: names[match[0]], sections[title])
    return f"{text}\n\n{link(title, page_url)}"


def link(title: str, page_url: str) -> str:
    """A Markdown link to the section, or its path in the repository if the URL of the page is empty."""
    reference = f"{PAGE}#{anchor(title)}"
    return f"[{reference}]({page_url}#{anchor(title)})" if page_url else reference


def anchor(title: str) -> str:
    """The anchor of a heading, as GitHub and GitLab generate it."""
    return _NOT_IN_ANCHORS.sub("", title.lower()).replace(" ", "-")
