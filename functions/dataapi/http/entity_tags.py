"""Compares entity tags (RFC 9110, section 8.8.3)."""


def is_current(if_none_match: str, tag: str) -> bool:
    """Whether the client has the answer with this tag; `tag` is in quotation marks, without W/."""
    sent = {value.strip().removeprefix("W/") for value in if_none_match.split(",")}
    return not sent.isdisjoint((tag, "*"))
