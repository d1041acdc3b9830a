"""Tests how a list query is parsed, and the token and link of the next page."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from dataapi import timestamps
from dataapi.errors import BadRequest, Problem
from dataapi.records import pagination
from dataapi.records.pagination import Cursor, Query
from dataapi.records.record import Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ID = "5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5"
SIZE_PROBLEM = "must be a whole number from 1 to 500"
ORDER_PROBLEM = "must be desc (newest first) or asc"
TIME_PROBLEM = "must be an RFC 3339 time, such as 2026-01-31T12:00:00Z (write + as %2B)"
TOKEN_PROBLEM = "must be the nextPageToken of an earlier answer"  # noqa: S105  a message, no secret


def problems(*parameters: tuple[str, str]) -> list[Problem]:
    """The problems of a query; empty if it is valid."""
    try:
        pagination.parse_query(parameters)
    except BadRequest as error:
        refusal = error
    else:
        return []
    assert "The query is invalid. Fix the parameters named in details." == refusal.message
    return [*refusal.details]


def assert_refused(name: str, problem: str, *texts: str) -> None:
    details = {text: problems((name, text)) for text in texts}
    assert {text: [Problem(name, problem)] for text in texts} == details


def record(created_at: datetime, record_id: str = ID) -> Record:
    return Record(record_id, "115@accounts.google.com", created_at, {})


def test_a_page_token_points_after_its_record() -> None:
    for created_at in (EPOCH, NOON + timedelta(microseconds=1), timestamps.LATEST):
        assert Query(after=Cursor(created_at, ID)) == pagination.parse_query(
            [("pageToken", pagination.page_token(record(created_at)))]
        )


def test_every_text_in_the_format_of_a_page_token_is_a_position() -> None:
    texts = ["A" * 32, "_" * 32, "-" * 32, "AB-_yz01" * 4]
    places = [pagination.parse_query([("pageToken", text)]).after for text in texts]
    assert [EPOCH, timestamps.LATEST, timestamps.LATEST] == [place.created_at for place in places[:3] if place]
    assert [True] * 4 == [place is not None and bool(re.fullmatch("[0-9a-f]{32}", place.id)) for place in places]


def test_a_malformed_page_token_is_rejected() -> None:
    assert_refused("pageToken", TOKEN_PROBLEM, *("", "A" * 31, "A" * 33, "é" * 32, "A" * 32 + "\n"))
    assert_refused("pageToken", TOKEN_PROBLEM, *("A" * 31 + last for last in "=+/"))


def test_without_parameters_the_newest_50_are_requested() -> None:
    expected = Query(size=50, newest_first=True, since=None, until=None, after=None)
    assert expected == pagination.parse_query([])


def test_every_parameter_is_read() -> None:
    parameters = [
        ("order", "asc"),
        ("until", "2026-02-01T12:00:00+12:00"),
        ("since", "2026-01-31t11:59:59.9999991z"),
        ("pageToken", pagination.page_token(record(NOON))),
        ("pageSize", "7"),
    ]
    midnight = NOON + timedelta(hours=12)
    assert Query(7, newest_first=False, since=NOON, until=midnight, after=Cursor(NOON, ID)) == pagination.parse_query(
        parameters
    )


def test_a_page_holds_1_to_500_records() -> None:
    sizes = {"1": 1, "499": 499, "500": 500, "000000050": 50}
    assert sizes == {text: pagination.parse_query([("pageSize", text)]).size for text in sizes}


def test_any_other_size_is_rejected() -> None:
    assert_refused("pageSize", SIZE_PROBLEM, *("0", "501", "-1", "+1", "", " 1", "1 ", "1\n"))
    assert_refused("pageSize", SIZE_PROBLEM, *("1.0", "1e2", "0x1", "1_0", "\N{ARABIC-INDIC DIGIT FIVE}", "9" * 5_000))


def test_the_order_is_desc_or_asc() -> None:
    assert pagination.parse_query([("order", "desc")]).newest_first
    assert not pagination.parse_query([("order", "asc")]).newest_first
    assert_refused("order", ORDER_PROBLEM, *("", "DESC", "newest", "asc "))


@pytest.mark.parametrize("name", ["since", "until"])
def test_an_invalid_time_is_rejected(name: str) -> None:
    texts = ("", "yesterday", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00 02:00")
    assert_refused(name, TIME_PROBLEM, *texts)


def test_a_parameter_given_more_than_once_is_rejected() -> None:
    for twice in (("pageSize", "5"), ("order", "asc"), ("since", "2026-01-31T12:00:00Z")):
        assert [Problem(twice[0], "is given more than once")] == problems(twice, twice)


def test_the_gateways_own_parameters_are_ignored() -> None:
    assert Query() == pagination.parse_query([("key", "x"), ("key", "y"), ("access_token", "x")])


def test_an_unknown_parameter_is_rejected_and_named_once() -> None:
    assert [Problem("limit", "is not a parameter here; did you mean pageSize?")] == problems(
        ("limit", "5"), ("limit", "6")
    )


def test_since_must_be_before_until() -> None:
    noon, later = "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000001Z"
    assert [] == problems(("since", noon), ("until", later))
    for since in (noon, later):
        assert [Problem("until", "must be later than since")] == problems(("since", since), ("until", noon))


def test_at_most_100_problems_are_named() -> None:
    assert 100 == len(problems(*((f"x{number}", "") for number in range(5_000))))


def test_all_problems_are_named_at_once() -> None:
    assert {
        Problem("pageSize", SIZE_PROBLEM),
        Problem("order", ORDER_PROBLEM),
        Problem("since", TIME_PROBLEM),
        Problem("until", "is given more than once"),
        Problem("pageToken", TOKEN_PROBLEM),
    } == set(
        problems(
            ("pageSize", "many"),
            ("order", "up"),
            ("since", "now"),
            ("until", "2026-01-31T12:00:00Z"),
            ("pageToken", "next"),
            ("until", "2026-01-31T12:00:00Z"),
        )
    )


def test_the_link_keeps_the_query_and_puts_the_new_token_in_place_of_the_old() -> None:
    parameters = [("since", "2026-01-31T12:00:00+02:00"), ("pageToken", "A" * 32), ("order", "asc"), ("pageSize", "2")]
    link = re.fullmatch('<([^>]+)>; rel="next"', pagination.next_link("/data", parameters, "B" * 32))
    assert link
    target = urlsplit(link[1])
    assert ("", "", "/data") == target[:3]
    assert [parameters[0], *parameters[2:], ("pageToken", "B" * 32)] == parse_qsl(target.query)


def test_the_link_leaves_out_unknown_parameters() -> None:
    parameters = [("access_token", "secret"), ("key", "k"), ("a>; rel=x", "1")]
    assert f'</data?pageToken={"B" * 32}>; rel="next"' == pagination.next_link("/data", parameters, "B" * 32)


def test_the_link_continues_after_the_last_record() -> None:
    last = record(NOON - timedelta(microseconds=1))
    link = pagination.next_link("/data", [("pageSize", "2")], pagination.page_token(last))
    parameters = parse_qsl(urlsplit(link[1 : link.index(">")]).query)
    assert Query(2, after=Cursor(last.created_at, last.id)) == pagination.parse_query(parameters)
