"""How records become batches, and batches get their keys."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.batches import MAX_BYTES, MAX_RECORDS, Line, batches, content_key, given_key


def lines_of(*texts: bytes) -> list[Line]:
    return [Line(number, text, number * 10) for number, text in enumerate(texts, 1)]


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.binary(min_size=1, max_size=12).filter(lambda text: b"\n" not in text), max_size=30),
    max_records=st.integers(1, 7),
    max_bytes=st.integers(12, 40),
)
def test_batches_hold_every_line_once_and_in_order_within_both_limits(
    texts: list[bytes], max_records: int, max_bytes: int
) -> None:
    made = list(batches(lines_of(*texts), max_records, max_bytes))

    assert texts == [text for batch in made for text in batch.body.split(b"\n")]
    assert list(range(1, len(texts) + 1)) == [number for batch in made for number in batch.numbers]
    assert list(range(1, len(made) + 1)) == [batch.ordinal for batch in made]
    assert all(len(batch.numbers) <= max_records and len(batch.body) <= max_bytes for batch in made)
    assert all(
        len(batch.numbers) == max_records or len(batch.body) + 1 + len(later.body.split(b"\n")[0]) > max_bytes
        for batch, later in itertools.pairwise(made)
    )


def test_a_batch_is_as_large_as_one_request_may_be() -> None:
    assert (1_000, 8 * 2**20) == (MAX_RECORDS, MAX_BYTES)
    assert [1_000, 500] == [len(batch.numbers) for batch in batches(lines_of(*[b"{}"] * 1_500))]


def test_a_batch_knows_how_far_into_the_input_it_reaches() -> None:
    assert [20, 30] == [batch.end for batch in batches(lines_of(b"a", b"b", b"c"), max_records=2)]


def test_the_same_lines_get_the_same_keys_and_equal_batches_different_ones() -> None:
    def keys() -> list[str]:
        return [content_key(batch) for batch in batches(lines_of(b"{}", b"{}", b"{}", b"{}"), max_records=2)]

    first = keys()
    assert first == keys()
    assert 2 == len(set(first))


def test_a_changed_line_changes_the_key_of_its_batch_and_no_other() -> None:
    before = [content_key(batch) for batch in batches(lines_of(b"1", b"2", b"3", b"4"), max_records=2)]
    after = [content_key(batch) for batch in batches(lines_of(b"1", b"2", b"3", b"5"), max_records=2)]
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_given_key_is_the_first_batchs_and_numbered_for_the_others() -> None:
    made = batches(lines_of(b"1", b"2", b"3"), max_records=1)
    assert ["mine", "mine/2", "mine/3"] == [given_key("mine", batch) for batch in made]


def test_an_input_that_breaks_off_gives_no_unfilled_batch() -> None:
    def breaking() -> list[Line]:
        raise ConnectionError

    def lines() -> object:
        yield from lines_of(b"1", b"2", b"3")
        breaking()

    made = batches(lines(), max_records=2)  # type: ignore[arg-type] # a generator of lines, and of a fault
    assert b"1\n2" == next(made).body
    with pytest.raises(ConnectionError):
        next(made)
