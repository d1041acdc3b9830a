"""Creates the alert policies.

Has what all policies have in common. The alerts are in alerts.py, their texts in docs/operations.md (runbooks.py), the
recipients in channels.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment
from deployment.monitoring.alerts import BURN_RATES, CRITICAL, Alert, unreachable
from deployment.monitoring.conditions import Condition, burn_rate_conditions
from deployment.monitoring.metric_filters import MonitoredResources
from deployment.monitoring.runbooks import runbook

_AUTO_CLOSE = 1800  # seconds without data


@dataclass(frozen=True)
class Policy:
    """An alert policy; its conditions are resolved when the names of the monitored resources are known."""

    name: str
    title: str
    severity: str
    conditions: pulumi.Output[list[Condition]]
    combiner: str = "OR"


@dataclass(frozen=True)
class Notification:
    """To which channels all alerts are sent, and their text."""

    environment: Environment
    channels: Sequence[pulumi.Input[str]]
    runbooks: Mapping[str, str]  # the sections of docs/operations.md, by heading
    runbooks_url: str  # of docs/operations.md, or empty

    def text(self, title: str) -> str:
        """The runbook of the alert with this title, with the stack's own names."""
        names = {
            "PROJECT": self.environment.project,
            "REGION": self.environment.region,
            "PREFIX": self.environment.prefix,
            "STACK": pulumi.get_stack(),
        }
        return runbook(self.runbooks, title, names, self.runbooks_url)


def policies(
    alerts: Sequence[Alert],
    resources: pulumi.Output[MonitoredResources],
    objectives: Mapping[str, pulumi.Output[str]],
    uptime_check_id: pulumi.Output[str],
) -> Iterator[Policy]:
    """All policies; `objectives` has the resource names of the SLOs."""
    for alert in alerts:
        yield Policy(alert.name, alert.title, alert.severity, resources.apply(alert.conditions))
    unreachable_conditions = pulumi.Output.all(resources, uptime_check_id).apply(lambda args: unreachable(*args))
    yield Policy("unreachable", "Unreachable", CRITICAL, unreachable_conditions)
    for name, objective in objectives.items():
        for burn_rate in BURN_RATES:
            yield Policy(
                f"{name}-burns-{burn_rate.speed}",
                f"{name.capitalize()} burns {burn_rate.speed}",
                burn_rate.severity,
                objective.apply(partial(burn_rate_conditions, rate=burn_rate.rate, windows=burn_rate.windows)),
                combiner="AND",
            )


def create_alert_policy(
    policy: Policy, notification: Notification, child_options: pulumi.ResourceOptions
) -> gcp.monitoring.AlertPolicy:
    """Creates the resource of a policy."""
    title = f"{notification.environment.prefix}: {policy.title}"
    return gcp.monitoring.AlertPolicy(
        policy.name,
        display_name=title,
        severity=policy.severity,
        combiner=policy.combiner,
        conditions=policy.conditions,
        documentation={"subject": title, "content": notification.text(policy.title), "mime_type": "text/markdown"},
        notification_channels=notification.channels,
        alert_strategy={"auto_close": f"{_AUTO_CLOSE}s", "notification_prompts": ["OPENED", "CLOSED"]},
        user_labels={"stack": notification.environment.prefix},
        opts=child_options,
    )
