"""Reads what to do about an alert from docs/operations.md, so that the alert itself can say it.

Owns how a section is found and made fit for a notification: its commands get the stack's own names. What is to be
done is in docs/operations.md; which alerts there are is `deployment.monitoring.alerts`'s.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from deployment.config_error import ConfigError

PAGE = "docs/operations.md"
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)  # a comment in a shell command has one #
_NO_ANCHOR = re.compile(r"[^\w\- ]")


def read_runbooks(path: Path) -> dict[str, str]:
    """The sections of the page by their headings; raises ConfigError when there is no such page."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}), but alerts quote it: restore it.") from error
    _, *parts = _HEADING.split(text)
    return {title: section.strip() for title, section in zip(parts[::2], parts[1::2], strict=True)}


def runbook(sections: Mapping[str, str], title: str, names: Mapping[str, str], page: str) -> str:
    """What an alert says: the section, with names in place of their placeholders, and where it is.

    Raises ConfigError when the page has no such section.
    """
    if title not in sections:
        raise ConfigError(f"{PAGE} has no section {title!r}, but the alert of this name quotes it: write one.")
    placeholders = re.compile(rf"\b({'|'.join(names)})\b")
    text = placeholders.sub(lambda match: names[match[0]], sections[title])
    return f"{text}\n\n{link(title, page)}"


def link(title: str, page: str) -> str:
    """Where the section is: a link if the page's address is known, else its place in the repository."""
    reference = f"{PAGE}#{anchor(title)}"
    return f"[{reference}]({page}#{anchor(title)})" if page else reference


def anchor(title: str) -> str:
    """The heading's name in links, as GitHub and GitLab make it."""
    return _NO_ANCHOR.sub("", title.lower()).replace(" ", "-")
