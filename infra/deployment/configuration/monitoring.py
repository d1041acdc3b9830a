"""Reads the monitoring of a stack: its objectives, whether it has alerts, who is notified, and its budget.

Checks that secrets are encrypted in the stack's configuration. deployment.monitoring creates the resources.
"""

import re
from dataclasses import dataclass

import pulumi

from deployment.configuration.values import config_error, string_list, structure_error

# Percent. The fast burn-rate alert fires at 14.4 times the error budget: that must be less than 100 % of all requests.
MIN_OBJECTIVE = 95.0
MAX_OBJECTIVE = 99.99  # percent; the maximum of Cloud Monitoring
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PAGE_URL = re.compile(r"https?://[^\s#]+")
_OBJECTIVES_EXAMPLE = '{"accepting": 99.9, "storing": 99, "reading": 99.9}'


@dataclass(frozen=True)
class Objectives:
    """The goals of the service level objectives: shares from 0 to 1 over 30 days."""

    accepting: float  # of POSTs that the system does not fail
    storing: float  # of stored records that are stored in time
    reading: float  # of GETs that the system does not fail


@dataclass(frozen=True)
class Slack:
    """A Slack channel, and the token of an app that may write to it."""

    channel: str
    token: pulumi.Output[str]


@dataclass(frozen=True)
class Recipients:
    """Who is notified of alerts."""

    emails: tuple[str, ...]
    slack: Slack | None
    pager_duty: pulumi.Output[str] | None  # key of the integration
    webhook: pulumi.Output[str] | None  # URL, with its token in it

    def __bool__(self) -> bool:
        """Whether anybody is notified."""
        return bool(self.emails) or any(channel is not None for channel in (self.slack, self.pager_duty, self.webhook))


@dataclass(frozen=True)
class Budget:
    """The monthly costs above which a notification is sent."""

    billing_account: str
    amount: int  # in the currency of the billing account


@dataclass(frozen=True)
class Monitoring:
    """The monitoring of a stack."""

    alerts: bool
    objectives: Objectives
    recipients: Recipients
    runbooks_url: str  # of docs/operations.md; empty: alerts do not link to it
    budget: Budget | None


def read_monitoring(settings: pulumi.Config) -> Monitoring:
    """The configured monitoring; raises ConfigError."""
    alerts, recipients = settings.require_bool("alerts"), _recipients(settings)
    if alerts and not recipients and settings.require_bool("protected"):
        raise config_error(
            settings,
            "alertEmails",
            "is empty, so nobody would hear of the alerts of this protected stack (another recipient is enough: "
            "alertPagerDutyKey, alertSlackChannel or alertWebhook)",
            "you@example.com",
            "[0]",
        )
    return Monitoring(
        alerts=alerts,
        objectives=_objectives(settings),
        recipients=recipients,
        runbooks_url=_runbooks_url(settings),
        budget=_budget(settings),
    )


def _objectives(settings: pulumi.Config) -> Objectives:
    percents = settings.require_object("objectives")
    names = Objectives.__dataclass_fields__.keys()
    if not isinstance(percents, dict) or percents.keys() != names:
        raise structure_error(settings, "objectives", f"must have exactly {', '.join(names)}", _OBJECTIVES_EXAMPLE)
    for name, percent in percents.items():
        # In Python, True and False are integers.
        if isinstance(percent, bool) or not isinstance(percent, int | float):
            raise structure_error(settings, "objectives", f"must have a number for {name}", _OBJECTIVES_EXAMPLE)
        if not MIN_OBJECTIVE <= percent <= MAX_OBJECTIVE:
            problem = f"has {percent} for {name}, but must have {MIN_OBJECTIVE} to {MAX_OBJECTIVE}"
            raise structure_error(settings, "objectives", problem, _OBJECTIVES_EXAMPLE)
    return Objectives(**{name: round(percent / 100, 6) for name, percent in percents.items()})


def _recipients(settings: pulumi.Config) -> Recipients:
    channel = settings.require("alertSlackChannel")
    token = _secret(settings, "alertSlackToken")
    if bool(channel) != (token is not None):
        missing, example = ("alertSlackToken", "--secret") if channel else ("alertSlackChannel", "'#alerts'")
        raise config_error(settings, missing, "is empty, but Slack needs both channel and token", example)
    return Recipients(
        emails=_emails(settings),
        slack=None if token is None else Slack(channel, token),
        pager_duty=_secret(settings, "alertPagerDutyKey"),
        webhook=_secret(settings, "alertWebhook"),
    )


def _emails(settings: pulumi.Config) -> tuple[str, ...]:
    return tuple(string_list(settings, "alertEmails", _EMAIL, "an e-mail address", "ada@example.com"))


def _secret(settings: pulumi.Config, key: str) -> pulumi.Output[str] | None:
    """The value as a Pulumi secret, which is encrypted in the state; None if it is empty."""
    if not settings.require(key):
        return None
    # Checked here because Pulumi.yaml cannot: a key that it declares as secret cannot have a default.
    if not pulumi.runtime.is_config_secret(settings.full_key(key)):
        raise config_error(settings, key, "is not encrypted", "--secret")
    return settings.require_secret(key)


def _runbooks_url(settings: pulumi.Config) -> str:
    url = settings.require("runbooks")
    if url and not _PAGE_URL.fullmatch(url):
        example = "https://github.com/OWNER/REPOSITORY/blob/main/docs/operations.md"
        raise config_error(settings, "runbooks", f"is {url!r}, which is not a URL without #fragment", example)
    return url


def _budget(settings: pulumi.Config) -> Budget | None:
    amount, account = settings.require_int("budget"), settings.require("billingAccount")
    if amount < 0:
        raise config_error(settings, "budget", f"is {amount}, but must be 0 (no budget) or more", "0")
    if not amount:
        return None
    if not account:
        problem = "is empty, but a budget needs a billing account (list them: gcloud billing accounts list)"
        raise config_error(settings, "billingAccount", problem, "BILLING_ACCOUNT_ID")
    return Budget(account, amount)
