"""A number on the command line as people write large ones: 1000000, 1,000,000, 1e6 or 2.5e6."""

import re
from decimal import Decimal
from typing import Any

import click

_WITH_COMMAS = re.compile(r"\d{1,3}(,\d{3})+")
_WITH_EXPONENT = re.compile(r"\d{1,15}(\.\d{1,15})?e\+?\d{1,2}", re.IGNORECASE)


class CountType(click.IntRange):
    """A whole number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401 - click's signature
        """The number; raises BadParameter."""
        digits: Any = _plain(value) if isinstance(value, str) else value
        number: int = super().convert(digits, param, ctx)
        return number


def _plain(text: str) -> str:
    """The digits alone; a text of another form, or of a number that is not whole, as it is."""
    if _WITH_COMMAS.fullmatch(text):
        return text.replace(",", "")
    if _WITH_EXPONENT.fullmatch(text) and (number := Decimal(text)) == int(number):
        return str(int(number))
    return text
