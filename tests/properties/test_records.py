"""Tests that a record comes back from its message, and that ids made from a key are unique to user, key and line."""

import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.records import record, submission
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


ONE = submission.form({"content-type": "application/json"})


BATCH = submission.form({"content-type": "application/x-ndjson"})


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("ab@%", min_size=1), st.text("ab@%!~", min_size=1)), unique=True, max_size=4))
def test_another_user_or_key_or_line_gives_other_ids(owners: list[tuple[str, str]]) -> None:
    all_ids = [id_ for user, key in owners for id_ in submission.ids(user, key, BATCH, 2)]
    all_ids += [id_ for user, key in owners for id_ in submission.ids(user, key, ONE, 1)]
    assert 3 * len(owners) == len({*all_ids})
