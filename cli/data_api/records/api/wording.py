"""Says what the API says in the words of the command line: options instead of headers and parameters."""

import re

# The API's name of a parameter or a header, and the options that it comes from.
_OPTIONS = {
    "pageSize": "--limit or --page-size",
    "pageToken": "the page token",
    "since": "--since",
    "until": "--until",
    "order": "--order",
    "Idempotency-Key": "--idempotency-key",
}
_SENTENCES = (
    (re.compile(r"Send Prefer: wait=(\d+)"), r"Add --wait \1"),
    (re.compile(r"Prefer: wait=(\d+)"), r"--wait \1"),
    # The client has retried with the same key already.
    (re.compile(r"\s*Retry with the same Idempotency-Key\."), ""),
    (re.compile(r"Idempotency-Key"), "--idempotency-key"),
    (
        re.compile(r"use content-type application/x-ndjson with one record a line"),
        "give each as an argument, or a file with one record a line",
    ),
    (re.compile(r"named in details"), "named below"),
    (re.compile(r"later than since\b"), "later than --since"),
)


def in_client_words(text: str) -> str:
    """A sentence of the API."""
    for pattern, replacement in _SENTENCES:
        text = pattern.sub(replacement, text)
    return text


def option_of(field: str) -> str:
    """The option that a parameter or a header comes from; a JSON Pointer into a record stays as it is."""
    return _OPTIONS.get(field, field)
