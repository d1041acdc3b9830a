"""A trace in a terminal, without colours."""

from dataclasses import replace

from data_api.shared.traces.spans import Span, from_line
from data_api.shared.traces.waterfall import BAR, waterfall

TRACE, OTHER = "1" * 32, "2" * 32
POST = Span(
    TRACE, "s", "caller", "generate", "server", "POST /data", 0, 40_000_000, failed=False, attributes={}, links=()
)
SEND = replace(POST, span_id="p", parent_id="s", kind="producer", name="send records", start=10_000_000, end=20_000_000)
WRITE = replace(
    POST, trace_id=OTHER, span_id="w", parent_id="o", name="BatchWrite", start=39_000_000, links=((TRACE, "p"),)
)


def drawn(*spans: Span, most: int | None = None) -> list[str]:
    return ["".join(text for text, _ in line) for line in waterfall(TRACE, spans, most)]


def test_a_line_shows_service_operation_start_and_duration() -> None:
    head, post, send = drawn(SEND, POST)
    assert f"trace {TRACE}  40.0 ms" == head
    assert f"  generate  POST /data                 │{'█' * 32}│     +0.0 ms    40.0 ms" == post
    assert f"  generate    send records             │{' ' * 8}{'█' * 8}{' ' * 16}│    +10.0 ms    10.0 ms" == send


def test_a_write_of_another_trace_is_shown_below_the_span_that_it_served() -> None:
    assert ["POST /data", "  send records", "    BatchWrite"] == [
        line[12:38].rstrip() for line in drawn(WRITE, SEND, POST)[1:]
    ]


def test_a_short_span_is_visible_and_a_long_one_stays_in_its_column() -> None:
    at_the_end = replace(SEND, start=40_000_000, end=40_000_000)
    *_, last = drawn(POST, at_the_end)
    assert f"│{' ' * (BAR - 1)}█│" in last


def test_a_span_shows_its_most_useful_attributes() -> None:
    results = {
        "http.response.status_code": 503,
        "messaging.gcp_pubsub.message.delivery_attempt": 2,
        "error.type": "503",
    }
    (_, line) = drawn(replace(POST, attributes=results, failed=True))
    assert line.endswith("ms  503  attempt 2")


def test_more_than_there_is_room_for_is_counted() -> None:
    assert f"  … 1 more spans: data-api trace {TRACE}" == drawn(POST, SEND, most=1)[-1]


def test_control_characters_in_a_name_are_escaped() -> None:
    assert "\x1b" not in "".join(drawn(replace(POST, name="\x1b[2J", part="\x1b[2J")))


def test_a_span_comes_back_from_the_line_it_is_kept_as() -> None:
    assert WRITE == from_line(WRITE.line().encode())
    assert [None] * 4 == [from_line(line) for line in (b"", b"[]", b"{}", WRITE.line().encode()[:-9])]
