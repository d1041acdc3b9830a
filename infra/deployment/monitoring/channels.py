"""Tells people: makes a notification channel for each recipient that the stack names.

Owns their form in Cloud Monitoring. Keys and tokens stay Pulumi secrets: in the state they are encrypted, and no output
shows them. Who is told is the stack's to say (`deployment.configuration.monitoring`), of what, `alerts`'.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment
from deployment.configuration.monitoring import Recipients

EMAIL = "email"


@dataclass(frozen=True)
class Channel:
    """One way to tell somebody; the names of its labels are Google's."""

    name: str
    kind: str
    labels: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    secrets: gcp.monitoring.NotificationChannelSensitiveLabelsArgsDict | None = None


def channels(recipients: Recipients) -> Iterator[Channel]:
    """One for each recipient, e-mail first."""
    for address in recipients.emails:
        yield Channel(f"e-mail-{address}", EMAIL, {"email_address": address})
    if recipients.slack is not None:
        channel = {"channel_name": recipients.slack.channel}
        yield Channel("slack", "slack", channel, {"auth_token": recipients.slack.token})
    if recipients.pager_duty is not None:
        yield Channel("pager-duty", "pagerduty", secrets={"service_key": recipients.pager_duty})
    if recipients.webhook is not None:
        yield Channel("webhook", "webhook_tokenauth", {"url": recipients.webhook})


def create(
    channel: Channel, environment: Environment, inside: pulumi.ResourceOptions
) -> gcp.monitoring.NotificationChannel:
    """Makes a channel."""
    return gcp.monitoring.NotificationChannel(
        channel.name,
        type=channel.kind,
        display_name=f"{environment.prefix}: {channel.name}",
        labels=channel.labels,
        sensitive_labels=channel.secrets,
        # Else one that is taken from the configuration could not go before all the policies that name it have changed.
        force_delete=True,
        opts=inside,
    )
