"""Evaluates filters of Cloud Logging on log entries: the part of the language that the filters of `infra` use.

That is AND, OR (which binds tighter), parentheses, `=`, `>=` of numbers, times and severities, `=~`, one field against
several values, and the two extractors of log-based metrics
(https://cloud.google.com/logging/docs/view/logging-query-language). It also converts a line that a function writes to
standard output to the entry that Cloud Logging stores.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

Entry = dict[str, Any]

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|AND\b|OR\b|>=|=~|=|\(|\)|[\w./-]+)')
_EXTRACT = re.compile(r"EXTRACT\((?P<field>[\w.]+)\)")
_REGEXP_EXTRACT = re.compile(r'REGEXP_EXTRACT\((?P<field>[\w.]+), "(?P<pattern>.*)"\)')
_MOVED = "logging.googleapis.com/"
_SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")


def entry_of(line: str, service: str, project: str) -> Entry:
    """The entry that Cloud Logging keeps of a line (https://cloud.google.com/logging/docs/structured-logging)."""
    fields = {name: value for name, value in json.loads(line).items() if not name.startswith(_MOVED)}
    severity = fields.pop("severity")
    payload = {"textPayload": fields["message"]} if fields.keys() == {"message"} else {"jsonPayload": fields}
    return {
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": service}},
        "logName": f"projects/{project}/logs/run.googleapis.com%2Fstdout",
        "severity": severity,
        **payload,
    }


def passes(filter_: str, entry: Entry) -> bool:
    """Whether an entry passes a filter."""
    tokens = _tokens(filter_)
    passed = _all(tokens, entry)
    assert [] == tokens, f"{filter_} is not read to its end"
    return passed


def extracted(extractor: str, entry: Entry) -> str | float | None:
    """The value that an extractor of a log-based metric takes from an entry."""
    if match := _EXTRACT.fullmatch(extractor):
        value: str | float | None = _field(match["field"], entry)
        return value
    match = _REGEXP_EXTRACT.fullmatch(extractor)
    assert match, f"{extractor} is no extractor"
    part = re.search(match["pattern"], str(_field(match["field"], entry)))
    return part[1] if part else None


def _tokens(filter_: str) -> list[str]:
    def read() -> Iterator[str]:
        position = 0
        while position < len(filter_.rstrip()):
            token = _TOKEN.match(filter_, position)
            assert token, f"{filter_[position:]} cannot be read"
            position = token.end()
            yield token[1]

    return [*read()]


def _all(tokens: list[str], entry: Entry) -> bool:
    results = [_any(tokens, entry)]
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        results.append(_any(tokens, entry))
    return all(results)


def _any(tokens: list[str], entry: Entry) -> bool:
    results = [_condition(tokens, entry)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        results.append(_condition(tokens, entry))
    return any(results)


def _condition(tokens: list[str], entry: Entry) -> bool:
    if tokens[0] == "(":
        tokens.pop(0)
        passed = _all(tokens, entry)
        assert ")" == tokens.pop(0)
        return passed
    field, operator = tokens.pop(0), tokens.pop(0)
    result = _field(field, entry)
    return any(_compares(result, operator, value) for value in _values(tokens))


def _values(tokens: list[str]) -> list[str | float]:
    """One value, or several in parentheses."""
    if tokens[0] != "(":
        return [_value(tokens.pop(0))]
    end = tokens.index(")")
    values = [_value(word) for word in tokens[1:end] if word != "OR"]
    del tokens[: end + 1]
    return values


def _value(token: str) -> str | float:
    if token in _SEVERITIES:
        return token
    return json.loads(token) if token.startswith('"') else float(token)


def _is_at_least(text: str, value: str) -> bool:
    if value in _SEVERITIES:
        return _SEVERITIES.index(text) >= _SEVERITIES.index(value)
    return datetime.fromisoformat(text) >= datetime.fromisoformat(value)


def _compares(actual: Any, operator: str, value: str | float) -> bool:  # noqa: ANN401  a field is of any type
    match operator, value, actual:
        case "=~", str(), str():
            return re.search(value, actual) is not None
        case ">=", str(), str():
            return _is_at_least(actual, value)
        case ">=", float(), int() | float():
            return bool(actual >= value)
        case "=", str(), str():
            return actual.lower() == value.lower()
        case "=", float(), int() | float():
            return bool(actual == value)
    return False


def _field(path: str, entry: Entry) -> Any:  # noqa: ANN401  a field is of any type
    result: Any = entry
    for name in path.split("."):
        result = result.get(name) if isinstance(result, dict) else None
    return result
