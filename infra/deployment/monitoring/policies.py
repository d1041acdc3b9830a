"""Raises the alerts: makes a policy of each, which tells the channels and says what to do.

Owns what all policies have in common. Which alerts there are is `alerts`'s, what to do about each is
docs/operations.md's (`runbooks`), who is told is `channels`'.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment
from deployment.monitoring.alerts import ALERTS, BURNS, CRITICAL, unreachable
from deployment.monitoring.conditions import Condition, burning
from deployment.monitoring.runbooks import runbook
from deployment.monitoring.watched import Watched

_CLOSED_AFTER = 1800  # seconds in which nothing more is heard


@dataclass(frozen=True)
class Policy:
    """An alert, ready to be made: its conditions are known once what it watches has got its names."""

    name: str
    title: str
    severity: str
    conditions: pulumi.Output[list[Condition]]
    combiner: str = "OR"


@dataclass(frozen=True)
class Notice:
    """What every alert brings: to whom, and what to do."""

    environment: Environment
    channels: Sequence[pulumi.Input[str]]
    sections: Mapping[str, str]  # of docs/operations.md, by heading
    page: str  # its address, or nothing

    def text(self, title: str) -> str:
        """What to do about the alert of this title."""
        names = {
            "PROJECT": self.environment.project,
            "REGION": self.environment.region,
            "PREFIX": self.environment.prefix,
            "STACK": pulumi.get_stack(),
        }
        return runbook(self.sections, title, names, self.page)


def policies(
    watched: pulumi.Output[Watched], objectives: Mapping[str, pulumi.Output[str]], check: pulumi.Output[str]
) -> Iterator[Policy]:
    """All of them; objectives and the uptime check are named as Google names them."""
    for alert in ALERTS:
        yield Policy(alert.name, alert.title, alert.severity, watched.apply(alert.conditions))
    reached = pulumi.Output.all(watched, check).apply(lambda resolved: unreachable(*resolved))
    yield Policy("unreachable", "Unreachable", CRITICAL, reached)
    for name, objective in objectives.items():
        for burn in BURNS:
            yield Policy(
                f"{name}-burns-{burn.speed}",
                f"{name.capitalize()} burns {burn.speed}",
                burn.severity,
                objective.apply(partial(burning, rate=burn.rate, windows=burn.windows)),
                combiner="AND",
            )


def raised(policy: Policy, notice: Notice, inside: pulumi.ResourceOptions) -> gcp.monitoring.AlertPolicy:
    """Makes a policy."""
    title = f"{notice.environment.prefix}: {policy.title}"
    return gcp.monitoring.AlertPolicy(
        policy.name,
        display_name=title,
        severity=policy.severity,
        combiner=policy.combiner,
        conditions=policy.conditions,
        documentation={"subject": title, "content": notice.text(policy.title), "mime_type": "text/markdown"},
        notification_channels=notice.channels,
        alert_strategy={"auto_close": f"{_CLOSED_AFTER}s", "notification_prompts": ["OPENED", "CLOSED"]},
        user_labels={"stack": notice.environment.prefix},
        opts=inside,
    )
