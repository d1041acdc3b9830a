"""Tests that ids made from a key are unique to user, key and line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.records import submission

ONE = submission.form({"content-type": "application/json"})
BATCH = submission.form({"content-type": "application/x-ndjson"})


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("ab@%", min_size=1), st.text("ab@%!~", min_size=1)), unique=True, max_size=4))
def test_another_user_or_key_or_line_gives_other_ids(owners: list[tuple[str, str]]) -> None:
    all_ids = [id_ for user, key in owners for id_ in submission.ids(user, key, BATCH, 2)]
    all_ids += [id_ for user, key in owners for id_ in submission.ids(user, key, ONE, 1)]
    assert 3 * len(owners) == len({*all_ids})
