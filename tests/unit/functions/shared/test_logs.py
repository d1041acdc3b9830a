"""Tests the log lines: one JSON object an event, in the form that Cloud Logging reads."""

import io
import json
from datetime import UTC, datetime

import pytest

from dataapi.gcp.logs import Logger
from dataapi.trace_context import Trace

TRACE = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)
LOGGER = Logger("my-project")


def test_a_line_holds_the_event_its_fields_and_where_it_belongs(capsys: pytest.CaptureFixture[str]) -> None:
    LOGGER(TRACE)("stored", id="5f0c", lagSeconds=0.5, groupSize=3, attempt=None)
    out, err = capsys.readouterr()
    line = json.loads(out)
    assert 0 <= (datetime.now(UTC) - datetime.fromisoformat(line.pop("time"))).total_seconds() < 60
    assert {
        "severity": "INFO",
        "message": "stored",
        "id": "5f0c",
        "lagSeconds": 0.5,
        "groupSize": 3,
        "attempt": None,
        "logging.googleapis.com/trace": "projects/my-project/traces/4bf92f3577b34da6a3ce929d0e0e4736",
        "logging.googleapis.com/spanId": "00f067aa0ba902b7",
        "logging.googleapis.com/trace_sampled": True,
    } == line
    assert "" == err


@pytest.mark.parametrize("severity", ["INFO", "ERROR", "CRITICAL"])
def test_a_line_has_the_severity_that_it_was_given(severity: str, capsys: pytest.CaptureFixture[str]) -> None:
    LOGGER(TRACE)("refused", severity)
    assert severity == json.loads(capsys.readouterr().out)["severity"]


def test_a_trace_that_is_not_sampled_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    LOGGER(Trace(TRACE.trace_id, TRACE.span_id, sampled=False))("stored")
    assert json.loads(capsys.readouterr().out)["logging.googleapis.com/trace_sampled"] is False


def test_every_event_is_one_line_whatever_its_texts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    log = LOGGER(TRACE)
    log("crashed", "CRITICAL", reason='a\n"b"\r\u2028é', stack=["one\ntwo", "three"])
    log("stored")
    first, second, rest = capsys.readouterr().out.split("\n")
    assert 'a\n"b"\r\u2028é' == json.loads(first)["reason"]
    assert ["one\ntwo", "three"] == json.loads(first)["stack"]
    assert "stored" == json.loads(second)["message"]
    assert "" == rest


def test_a_line_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="utf-8", line_buffering=False))
    LOGGER(TRACE)("stored")
    assert "stored" == json.loads(raw.getvalue())["message"]
