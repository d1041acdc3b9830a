"""How records are grouped into batches, and batches get their keys."""

import pytest

from data_api.records.sending.batches import MAX_BYTES, MAX_RECORDS, Line, batches, content_key, numbered_key


def lines_of(*texts: bytes) -> list[Line]:
    return [Line(number, text, number * 10) for number, text in enumerate(texts, 1)]


def test_batches_hold_every_line_once_and_in_order_within_both_limits() -> None:
    texts = [b"12345", b"1", b"12", b"123456789", b"1234", b"1", b"1", b"1"]
    bodies = {
        (3, 12): [b"12345\n1\n12", b"123456789", b"1234\n1\n1", b"1"],
        (3, 9): [b"12345\n1", b"12", b"123456789", b"1234\n1\n1", b"1"],
        (9, 10): [b"12345\n1\n12", b"123456789", b"1234\n1\n1\n1"],
    }
    by_limits = {limits: list(batches(lines_of(*texts), *limits)) for limits in bodies}
    assert bodies == {limits: [batch.body for batch in split] for limits, split in by_limits.items()}
    assert [[1, 2], [3], [4], [5, 6, 7], [8]] == [list(batch.numbers) for batch in by_limits[3, 9]]
    assert [1, 2, 3, 4, 5] == [batch.ordinal for batch in by_limits[3, 9]]


def test_a_batch_is_as_large_as_one_request_may_be() -> None:
    assert (1_000, 8 * 2**20) == (MAX_RECORDS, MAX_BYTES)
    assert [1_000, 500] == [len(batch.numbers) for batch in batches(lines_of(*[b"{}"] * 1_500))]


def test_a_batch_has_the_position_in_the_input_where_it_ends() -> None:
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


def test_a_numbered_key_is_the_first_batchs_and_numbered_for_the_others() -> None:
    single_records = batches(lines_of(b"1", b"2", b"3"), max_records=1)
    assert ["mine", "mine/2", "mine/3"] == [numbered_key("mine", batch) for batch in single_records]


def test_an_input_that_breaks_off_gives_no_incomplete_batch() -> None:
    def breaking() -> list[Line]:
        raise ConnectionError

    def lines() -> object:
        yield from lines_of(b"1", b"2", b"3")
        breaking()

    complete = batches(lines(), max_records=2)  # type: ignore[arg-type] # a generator of lines that raises
    assert b"1\n2" == next(complete).body
    with pytest.raises(ConnectionError):
        next(complete)
