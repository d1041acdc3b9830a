"""The path of one record, found in log lines and spans."""

from datetime import UTC, datetime, timedelta

from data_api.shared.traces import timeline
from data_api.shared.traces.spans import Span
from data_api.shared.traces.timeline import Line

ID, OTHER = "a" * 32, "b" * 32
TRACE, ELSEWHERE = "1" * 32, "2" * 32
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def line(part: str, event: str, after: float, trace: str = TRACE, **fields: object) -> Line:
    """`after` noon, in seconds."""
    place = {"logging.googleapis.com/trace": f"projects/p/traces/{trace}"}
    return Line(part, NOON + timedelta(seconds=after), {"message": event, **fields, **place})


def span(kind: str, span_id: str, parent: str, start: float, end: float, **attributes: object) -> Span:
    began = int(NOON.timestamp() * 1e9)
    times = began + int(start * 1e9), began + int(end * 1e9)
    part = "generate" if kind in {"server", "producer"} else "persist"
    return Span(TRACE, span_id, parent, part, kind, "GET" if kind == "server" else kind, *times, False, attributes, ())  # noqa: FBT003  it has not failed


def events(lines: list[Line], spans: list[Span], wanted: str = ID) -> list[tuple[str, str]]:
    result = timeline.of(wanted, lines, spans)
    assert result is not None
    assert sorted(result.steps, key=lambda step: step.at) == list(result.steps)
    return [(step.event, step.detail) for step in result.steps]


ACCEPTED = line("generate", "accepted", 0.1, records=1, id=ID)
STORED = line("persist", "stored", 0.5, id=ID, messageId="7", attempt=1, groupSize=2)


def test_log_lines_show_when_a_record_was_accepted_and_stored() -> None:
    others = [
        line("generate", "accepted", 0.2, ELSEWHERE, id=OTHER),
        line("persist", "stored", 0.3, ELSEWHERE, id=OTHER),
    ]
    assert [("accepted", ""), ("stored", "attempt 1, with 1 other")] == events([*others, STORED, ACCEPTED], [])


def test_spans_add_when_it_came_and_when_pubsub_had_it_and_delivered_it() -> None:
    spans = [
        span("server", "s", "", 0.0, 0.2),
        span("producer", "p", "s", 0.01, 0.09),
        span("consumer", "c", "p", 0.4, 0.6, **{"messaging.message.id": "7"}),
        span("client", "w", "c", 0.41, 0.5),
    ]
    expected = ["received", "published", "accepted", "delivered", "stored"]
    assert expected == [event for event, _ in events([ACCEPTED, STORED], spans)]


def test_every_attempt_is_shown_with_its_reason_until_the_replay_of_the_dead_letter() -> None:
    lines = [
        ACCEPTED,
        line("persist", "refused", 1, id=ID, messageId="7", attempt=None, reason="Unavailable", status=503),
        line("persist", "rejected", 2, messageId="7", attempt=None, reason="too deep"),
        line("dead-letter", "dead_lettered", 3, ELSEWHERE, id=ID, messageId="8", reason="too deep", attempts=2),
        line("dead-letter", "replayed", 4, ELSEWHERE, id=ID),
        line("persist", "stored", 5, ELSEWHERE, id=ID, messageId="9", attempt=1),
    ]
    assert [
        ("accepted", ""),
        ("failed", "attempt 1, Unavailable"),
        ("rejected", "attempt 2, too deep"),
        ("dead-lettered", "after 2 attempts, too deep"),
        ("replayed", ""),
        ("stored", "attempt 1"),
    ] == events(lines, [])
    outcomes = [result.outcome for count in range(1, 7) if (result := timeline.of(ID, lines[:count], []))]
    assert ["accepted", "failed", "rejected", "dead-lettered", "replayed", "stored"] == outcomes


def test_what_is_stored_stays_so_however_often_it_is_sent_again() -> None:
    again = [line("generate", "accepted", 7, id=ID), line("persist", "duplicate", 8, id=ID, messageId="9")]
    for lines in ([ACCEPTED, STORED, again[0]], [ACCEPTED, STORED, *again], again):
        result = timeline.of(ID, lines, [])
        assert result is not None
        assert "stored" == result.outcome
        assert result.end in {step for step in result.steps if step.part == "persist"}


def test_only_the_events_of_the_record_are_shown_of_a_batch() -> None:
    lines = [
        line("generate", "accepted", 0.1, records=2),
        line("persist", "rejected", 0.2, messageId="6", reason="another's"),
        line("persist", "refused", 0.3, messageId="7", reason="Unavailable"),
        line("persist", "stored", 0.4, id=OTHER, messageId="5"),
        STORED,
    ]
    spans = [
        span("consumer", "mine", "p", 0.4, 0.6, **{"messaging.message.id": "7"}),
        span("client", "my write", "mine", 0.41, 0.5),
        span("consumer", "another's", "p", 0.4, 0.6, **{"messaging.message.id": "6"}),
        span("client", "another's write", "another's", 0.41, 0.5),
    ]
    result = timeline.of(ID, lines, spans)
    assert result is not None
    assert ["mine", "my write"] == [span.span_id for span in result.spans]
    assert [("accepted", "2 records together"), ("failed", "attempt 1, Unavailable")] == events(lines, [])[:2]
    assert 3 == len(events(lines, []))


def test_the_id_of_a_trace_shows_all_its_events() -> None:
    assert ["accepted", "stored"] == [event for event, _ in events([ACCEPTED, STORED], [], TRACE)]
    assert ["received"] == [event for event, _ in events([], [span("server", "s", "", 0, 1)], TRACE)]


def test_an_id_without_log_lines_has_no_timeline() -> None:
    assert timeline.of(ID, [line("generate", "accepted", 0, ELSEWHERE, id=OTHER)], []) is None
