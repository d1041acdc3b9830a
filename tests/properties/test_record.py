"""Tests that a record comes back from its message."""

import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.records import record
from dataapi.records.record import Record


@settings(deadline=None)
@given(
    record_id=st.text("0123456789abcdef", min_size=32, max_size=32),
    user_id=st.sampled_from(["115@accounts.google.com", "a%2Fb@x", "=" + "0f" * 32 + "@", "-._~%@-._~%", "a@"]),
    created_at=st.datetimes(timezones=st.just(UTC)),
    data=st.dictionaries(st.text('a"\\}é', max_size=3), st.integers() | st.text('a"\\{é', max_size=3), max_size=3),
)
def test_a_record_comes_back_from_its_message(
    record_id: str, user_id: str, created_at: datetime, data: dict[str, object]
) -> None:
    message = record.message(record.receipt(record_id, created_at), user_id, json.dumps(data).encode())
    assert Record(record_id, user_id, created_at, data) == record.from_message(message)
