"""How a large number can be written on the command line."""

import click
import pytest

from data_api.pricing.count_type import CountType


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1000000", 1_000_000),
        ("1_000_000", 1_000_000),
        ("1,000,000", 1_000_000),
        ("1e6", 1_000_000),
        ("1E+6", 1_000_000),
        ("2.5e6", 2_500_000),
        ("0", 0),
    ],
)
def test_the_usual_forms_are_read(text: str, number: int) -> None:
    assert number == CountType(0, 10**12).convert(text, None, None)


@pytest.mark.parametrize("text", ["1,00,000", "1,000,00", ",000", "1.5", "1.5e0", "1e", "e6", "1e99", "-1", "1e13", ""])
def test_anything_else_is_rejected(text: str) -> None:
    with pytest.raises(click.BadParameter):
        CountType(0, 10**12).convert(text, None, None)


def test_a_default_is_taken_as_it_is() -> None:
    assert 5 == CountType(0, 10).convert(5, None, None)
