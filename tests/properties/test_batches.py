"""Tests that the client's batches contain every line once, and as many as fit."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from data_api.records.sending.batches import Line, batches


@settings(deadline=None)
@given(
    texts=st.lists(st.binary(min_size=1, max_size=12).filter(lambda text: b"\n" not in text), max_size=30),
    max_records=st.integers(1, 7),
    max_bytes=st.integers(12, 40),
)
def test_batches_hold_every_line_once_and_in_order_within_both_limits(
    texts: list[bytes], max_records: int, max_bytes: int
) -> None:
    lines = [Line(number, text, number * 10) for number, text in enumerate(texts, 1)]
    result = list(batches(lines, max_records, max_bytes))

    assert texts == [text for batch in result for text in batch.body.split(b"\n")]
    assert list(range(1, len(texts) + 1)) == [number for batch in result for number in batch.numbers]
    assert list(range(1, len(result) + 1)) == [batch.ordinal for batch in result]
    assert all(len(batch.numbers) <= max_records and len(batch.body) <= max_bytes for batch in result)
    assert all(
        len(batch.numbers) == max_records or len(batch.body) + 1 + len(later.body.split(b"\n")[0]) > max_bytes
        for batch, later in itertools.pairwise(result)
    )
