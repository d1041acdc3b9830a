"""Reads how a stack is watched: what it promises, whether it raises alerts, and who hears of them.

Owns the ranges and forms of these values, and that no secret is among them in plain text. Their defaults and
reasons are in Pulumi.yaml; what of a whole configuration they are is `configuration`'s, what becomes of these here
`deployment.monitoring`'s.
"""

import re
from dataclasses import dataclass

import pulumi

from deployment.configuration.values import config_error, misshapen, texts

# An alert that burns 14.4 times what the objective leaves can fire only where 14.4 times that is less than everything.
LEAST_OBJECTIVE = 95.0
MOST_OBJECTIVE = 99.99  # percent; the most that Cloud Monitoring takes
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PAGE = re.compile(r"https?://[^\s#]+")
_OBJECTIVES_EXAMPLE = '{"accepting": 99.9, "storing": 99, "reading": 99.9}'


@dataclass(frozen=True)
class Objectives:
    """The shares, from 0 to 1, that are promised over 30 days."""

    accepting: float  # of posts that are not failed by us
    storing: float  # of stored records that are stored in time
    reading: float  # of reads that are not failed by us


@dataclass(frozen=True)
class Slack:
    """A channel of Slack, and the token of an app that may write there."""

    channel: str
    token: pulumi.Output[str]


@dataclass(frozen=True)
class Recipients:
    """Who hears of an alert."""

    emails: tuple[str, ...]
    slack: Slack | None
    pager_duty: pulumi.Output[str] | None  # the key of an integration
    webhook: pulumi.Output[str] | None  # an address that holds its own token

    def __bool__(self) -> bool:
        """Whether there is anybody."""
        return bool(self.emails) or any(channel is not None for channel in (self.slack, self.pager_duty, self.webhook))


@dataclass(frozen=True)
class Budget:
    """What a month may cost before somebody is told."""

    billing_account: str
    amount: int  # in the currency of the billing account


@dataclass(frozen=True)
class Monitoring:
    """How a stack is watched."""

    alerts: bool
    objectives: Objectives
    recipients: Recipients
    runbooks: str  # the address of docs/operations.md, or nothing
    budget: Budget | None


def read_monitoring(settings: pulumi.Config) -> Monitoring:
    """What a stack says of its monitoring; raises ConfigError."""
    return Monitoring(
        alerts=settings.require_bool("alerts"),
        objectives=_objectives(settings),
        recipients=_recipients(settings),
        runbooks=_runbooks(settings),
        budget=_budget(settings),
    )


def _objectives(settings: pulumi.Config) -> Objectives:
    percents = settings.require_object("objectives")
    names = Objectives.__dataclass_fields__.keys()
    if not isinstance(percents, dict) or percents.keys() != names:
        raise misshapen(settings, "objectives", f"does not say just {', '.join(names)}", _OBJECTIVES_EXAMPLE)
    for name, percent in percents.items():
        # Python counts true and false among the integers.
        if isinstance(percent, bool) or not isinstance(percent, int | float):
            raise misshapen(settings, "objectives", f"has no percentage under {name}", _OBJECTIVES_EXAMPLE)
        if not LEAST_OBJECTIVE <= percent <= MOST_OBJECTIVE:
            problem = f"has {percent} under {name}, but must have from {LEAST_OBJECTIVE} to {MOST_OBJECTIVE}"
            raise misshapen(settings, "objectives", problem, _OBJECTIVES_EXAMPLE)
    return Objectives(**{name: round(percent / 100, 6) for name, percent in percents.items()})


def _recipients(settings: pulumi.Config) -> Recipients:
    channel = settings.require("alertSlackChannel")
    token = _secret(settings, "alertSlackToken")
    if bool(channel) != (token is not None):
        missing, example = ("alertSlackToken", "--secret") if channel else ("alertSlackChannel", "'#alerts'")
        raise config_error(settings, missing, "is empty, but Slack needs channel and token", example)
    return Recipients(
        emails=_emails(settings),
        slack=None if token is None else Slack(channel, token),
        pager_duty=_secret(settings, "alertPagerDutyKey"),
        webhook=_secret(settings, "alertWebhook"),
    )


def _emails(settings: pulumi.Config) -> tuple[str, ...]:
    return tuple(texts(settings, "alertEmails", _EMAIL, "an e-mail address", "ada@example.com"))


def _secret(settings: pulumi.Config, key: str) -> pulumi.Output[str] | None:
    """The value, which stays a secret in the stack's state; None if it is empty."""
    if not settings.require(key):
        return None
    # Pulumi.yaml cannot ask for it: a key that must be secret there cannot have a default.
    if not pulumi.runtime.is_config_secret(settings.full_key(key)):
        raise config_error(settings, key, "is not encrypted", "--secret")
    return settings.require_secret(key)


def _runbooks(settings: pulumi.Config) -> str:
    page = settings.require("runbooks")
    if page and not _PAGE.fullmatch(page):
        example = "https://github.com/OWNER/REPOSITORY/blob/main/docs/operations.md"
        raise config_error(settings, "runbooks", f"is {page!r}, which is no page's address", example)
    return page


def _budget(settings: pulumi.Config) -> Budget | None:
    amount, account = settings.require_int("budget"), settings.require("billingAccount")
    if amount < 0:
        raise config_error(settings, "budget", f"is {amount}, but must be 0 (none) or more", "0")
    if not amount:
        return None
    if not account:
        problem = "is empty, but a budget belongs to a billing account (gcloud billing accounts list)"
        raise config_error(settings, "billingAccount", problem, "THE_ID_OF_THE_ACCOUNT")
    return Budget(account, amount)
