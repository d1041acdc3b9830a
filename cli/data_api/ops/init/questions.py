"""Asks the person at the terminal for what the options do not say.

Owns what happens without a terminal: a missing value is a usage error that names its option, and --yes accepts every
offer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Form:
    """What a value has to look like."""

    pattern: re.Pattern[str]
    description: str

    def check(self, value: str, option: str) -> str:
        """The value; raises BadParameter."""
        if not self.pattern.fullmatch(value):
            raise click.BadParameter(f"{value!r} is not {self.description}.", param_hint=option)
        return value


@dataclass(frozen=True, slots=True)
class Questions:
    """Those that a person answers, or that --yes answers."""

    is_terminal: bool
    accepts_offers: bool

    def value(self, question: str, option: str, form: Form, *, known: str = "", offer: str = "") -> str:
        """A value that has to be there: what is known, else the answer, else the offer.

        A wrong answer is asked for again. Raises UsageError if nobody can answer and nothing is offered.
        """
        if known:
            return form.check(known, option)
        if offer and (self.accepts_offers or not self.is_terminal):
            return form.check(offer, option)
        if not self.is_terminal:
            raise click.UsageError(f"{option} is missing: {question}.")

        def checked(text: str) -> str:
            try:
                return form.check(text.strip(), option)
            except click.BadParameter as error:
                raise click.UsageError(error.message) from error  # which the prompt shows before it asks again

        answer: str = click.prompt(question, default=offer or None, value_proc=checked)
        return answer

    def accepts(self, question: str, option: str) -> bool:
        """Whether an offer is taken; raises UsageError if nobody can say."""
        if self.accepts_offers:
            return True
        if not self.is_terminal:
            raise click.UsageError(f"{option} is missing. {question} Give {option} or --yes.")
        return click.confirm(question, default=True)

    def chooses(self, question: str, *, default: bool) -> bool:
        """As `accepts`, for what has a default: without a terminal the answer is the default."""
        if self.accepts_offers or not self.is_terminal:
            return default
        return click.confirm(question, default=default)

    @property
    def asks(self) -> bool:
        """Whether a person is asked."""
        return self.is_terminal and not self.accepts_offers

    def agrees(self, question: str, replaced: Sequence[str]) -> bool:
        """Whether the plan is carried out; without a terminal it may add values, but not replace any."""
        if self.accepts_offers:
            return True
        if self.is_terminal:
            return click.confirm(question, default=True)
        if replaced:
            raise click.UsageError(f"This would replace {'; '.join(replaced)}. Give --yes to replace.")
        return True
