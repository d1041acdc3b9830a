"""Reads which content codings a client accepts (RFC 9110, section 12.5.3)."""

import re

_CODING = re.compile(r"\s*(?P<name>[^\s;,]+)\s*(?:;\s*q\s*=\s*(?P<weight>[0-9.]+)\s*)?", re.IGNORECASE)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether gzip is listed, or *, and not with the weight 0."""
    weights = {
        match["name"].lower(): match["weight"] for match in map(_CODING.fullmatch, accept_encoding.split(",")) if match
    }
    name = "gzip" if "gzip" in weights else "*"
    return name in weights and (weights[name] or "1").strip("0.") != ""
