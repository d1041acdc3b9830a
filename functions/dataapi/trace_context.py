"""Reads and writes trace context in W3C form (https://www.w3.org/TR/trace-context/), from request to message to write.

Reads `traceparent`, or Google's older `X-Cloud-Trace-Context`; begins a trace if neither is given.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

_W3C = re.compile(  # only a version above 00 may have more behind the flags, and there is no version ff
    r"(?:00(?!.{54})|(?!00|ff)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_GOOGLE = re.compile(r"(?!0{32})([0-9a-f]{32})(?:/(\d{1,20}))?(?:;o=([01]))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Trace:
    """The position of a log line or a span in a trace."""

    trace_id: str
    span_id: str
    sampled: bool

    def traceparent(self) -> str:
        """The W3C form, for the next hop."""
        return f"00-{self.trace_id}-{self.span_id}-{self.sampled:02x}"


def parse(carrier: Mapping[str, str]) -> Trace | None:
    """The trace of a request's headers or a message's attributes; None without a valid one."""
    if match := _W3C.fullmatch(carrier.get("traceparent", "")):
        return Trace(match[1], match[2], bool(int(match[3], 16) & 1))
    if match := _GOOGLE.fullmatch(carrier.get("x-cloud-trace-context", "")):
        span = int(match[2] or 0) % 2**64
        return Trace(match[1].lower(), f"{span:016x}" if span else secrets.token_hex(8), match[3] == "1")
    return None


def read(carrier: Mapping[str, str]) -> Trace:
    """The same, or a new trace."""
    return parse(carrier) or Trace(secrets.token_hex(16), secrets.token_hex(8), sampled=False)
