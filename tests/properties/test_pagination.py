"""Tests that a page token points to its own position only."""

import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi import timestamps
from dataapi.records import pagination
from dataapi.records.pagination import Cursor, Query
from dataapi.records.record import Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(EPOCH.replace(tzinfo=None), timezones=st.just(UTC))
IDS = st.text("0123456789abcdef", min_size=32, max_size=32)


@settings(deadline=None)
@given(MOMENTS, IDS)
def test_a_page_token_points_after_its_record(created_at: datetime, record_id: str) -> None:
    token = pagination.page_token(Record(record_id, "115@accounts.google.com", created_at, {}))
    assert Query(after=Cursor(created_at, record_id)) == pagination.parse_query([("pageToken", token)])


@settings(deadline=None)
@given(st.text("ABCXYZabcxyz0189-_", min_size=32, max_size=32))
def test_every_text_in_the_format_of_a_page_token_is_a_position(text: str) -> None:
    after = pagination.parse_query([("pageToken", text)]).after
    assert after is not None
    assert EPOCH <= after.created_at <= timestamps.LATEST
    assert re.fullmatch("[0-9a-f]{32}", after.id)
