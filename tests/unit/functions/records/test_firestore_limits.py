"""Tests that values which Firestore cannot store are found."""

from collections.abc import Callable
from typing import Any

import pytest

from dataapi.errors import Problem
from dataapi.json_pointer import pointer
from dataapi.records.firestore_limits import MAX_STORED_BYTES, violations


def nested(levels: str) -> dict[str, Any]:
    """A nested value with one level for each letter, outermost first: `o` an object, `a` an array; innermost a 1."""
    value: Any = 1
    for level in reversed(levels):
        value = {"x": value} if level == "o" else [value]
    assert isinstance(value, dict)
    return value


def filled(value: object, size: int) -> dict[str, Any]:
    """A record with `value`, which takes `size` bytes in Firestore, and the text that fills the limit exactly."""
    names_and_end_of_text = 2 + 2 + 1
    return {"a": value, "b": "x" * (MAX_STORED_BYTES - size - names_and_end_of_text)}


def test_20_levels_are_kept() -> None:
    assert [] == [levels for levels in ("o" * 20, "oa" * 10, "o" * 19 + "a") if violations(nested(levels))]


def test_the_21st_level_is_rejected_where_it_begins() -> None:
    places = {"o" * 21: "/x" * 20, "oa" * 10 + "o": "/x/0" * 10, "o" * 20 + "a": "/x" * 20, "o" * 900: "/x" * 20}
    expected = {levels: [Problem(place, "is nested deeper than 20 levels")] for levels, place in places.items()}
    assert expected == {levels: violations(nested(levels)) for levels in places}


def test_names_of_1500_bytes_with_the_field_above_them_are_kept_and_not_one_character_more(
    subtests: pytest.Subtests,
) -> None:
    fault = "is too long a name: with those above it, it takes more than 1,500 bytes"
    for letter, count in (("a", 1_495), ("é", 747), ("\U0001f600", 373)):
        with subtests.test(letter=letter):
            assert [] == violations({letter * count: 1})
            longer = letter * (count + 1)
            assert [Problem(pointer([longer]), fault)] == violations({longer: 1})


@pytest.mark.parametrize("wrapped", [lambda inner: inner, lambda inner: [inner]], ids=["object", "array"])
def test_names_above_one_another_are_counted_together(wrapped: Callable[[object], object]) -> None:
    assert [] == violations({"a" * 700: wrapped({"b" * 794: 1, "c": 1})})
    problems = violations({"a" * 700: wrapped({"b" * 795: 1, "c": 1})})
    assert ["/" + "a" * 199 + "…"] == [problem.field for problem in problems]


def test_a_name_between_two_pairs_of_underscores_is_rejected() -> None:
    names = ["__x__", "____", "_____", "__a\nb__", "__é__"]
    fault = "is a reserved name: no name may begin and end with two underscores"
    assert [Problem(f"/o/{name}", fault) for name in names] == violations({"o": dict.fromkeys(names, 1)})


def test_other_names_are_kept() -> None:
    partly_reserved = ["_x_", "__x", "x__", "__", "___", "__x_", "_x__", "__x__y", "y__x__"]
    assert [] == violations(dict.fromkeys([*partly_reserved, ".", "..", "a.b", "`", " ", "é", "x\n"], 1))


def test_an_empty_name_is_rejected() -> None:
    assert [Problem("/o/", "is an empty name")] == violations({"o": {"": 1}})


def test_integers_of_64_bits_and_all_other_values_are_kept() -> None:
    values: list[object] = [2**63 - 1, -(2**63), 0, True, False, 1e300, -1e300, None, "9" * 30, [], {}]
    assert [] == violations({str(place): value for place, value in enumerate(values)})
    assert [] == violations({"b": [{"c": value} for value in values]})


def test_an_integer_beyond_64_bits_is_rejected(subtests: pytest.Subtests) -> None:
    fault = "is an integer beyond 64 bits; send it as a string"
    for value in (2**63, -(2**63) - 1, 10**4_000):
        with subtests.test(bits=value.bit_length()):
            assert [Problem("/a", fault), Problem("/b/1", fault)] == violations({"a": value, "b": [1, value]})


def test_an_array_in_an_array_is_rejected() -> None:
    fault = "is an array in an array; put an object between them"
    problems = violations({"a": [[]], "b": [[1]], "c": [[[[2**64]]]]})
    assert [Problem("/a/0", fault), Problem("/b/0", fault), Problem("/c/0", fault)] == problems


def test_an_array_in_an_object_in_an_array_is_kept() -> None:
    assert [] == violations({"a": [{"b": [1]}, {"b": []}]})


def test_all_problems_are_named_at_once() -> None:
    record = {
        "": {"__x__": [1, [2]]},
        "long": {"n" * 1_501: 2**63},
        "deep": nested("o" * 20),
        "good": [1, {"a": "b"}],
        "big": [{"n": -(2**64)}],
    }
    assert [
        "/",
        "//__x__",
        "//__x__/1",
        "/long/" + "n" * 194 + "…",
        "/long/" + "n" * 194 + "…",
        "/deep" + "/x" * 19,
        "/big/0/n",
    ] == [problem.field for problem in violations(record)]


def test_places_are_json_pointers_with_tilde_and_slash_escaped() -> None:
    assert ["/a~1b/~0/~01/0/"] == [problem.field for problem in violations({"a/b": {"~": {"~1": [{"": 1}]}}})]


def test_a_record_may_take_1_000_000_bytes_and_not_one_more(subtests: pytest.Subtests) -> None:
    sizes: list[tuple[object, int]] = [(None, 1), (True, 1), (7, 8), (7.5, 8), ("", 1), ("é", 3), ([], 0), ({}, 0)]
    fault = "takes over 1,000,000 bytes in Firestore, where a number takes 8"
    for value, size in (*sizes, ([1, 2, None], 17), ({"é": 1}, 11)):
        with subtests.test(value=value):
            record = filled(value, size)
            assert [] == violations(record)
            assert [Problem("", fault)] == violations({**record, "b": record["b"] + "x"})


def test_at_most_100_problems_are_named() -> None:
    assert 100 == len(violations({f"__{number}__": 1 for number in range(101)}))


def test_the_size_is_not_named_beside_other_problems() -> None:
    assert ["/"] == [problem.field for problem in violations({"": "x" * MAX_STORED_BYTES})]


def test_an_array_of_one_kind_is_checked_as_each_of_its_items_would_be() -> None:
    for item, size in ((1, 8), (1.5, 8), (None, 1), (True, 1), ("é", 3), ({}, 0)):
        record = filled([item] * 9, 9 * size)
        assert [] == violations(record)
        assert 1 == len(violations({**record, "b": record["b"] + "x"}))
    assert ["/a/1"] == [problem.field for problem in violations({"a": [1, 2**63]})]
    assert ["/a/0"] == [problem.field for problem in violations({"a": [-(2**63) - 1, 1]})]
