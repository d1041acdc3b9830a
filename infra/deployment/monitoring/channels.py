"""Creates a notification channel for each configured recipient (deployment.configuration.monitoring).

Keys and tokens stay Pulumi secrets: they are encrypted in the state, and no output shows them.
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
    """A notification channel; its type and labels are those of Cloud Monitoring."""

    name: str
    type: str
    labels: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    sensitive_labels: gcp.monitoring.NotificationChannelSensitiveLabelsArgsDict | None = None


def channels(recipients: Recipients) -> Iterator[Channel]:
    """The channels of the recipients, e-mail first."""
    for address in recipients.emails:
        yield Channel(f"e-mail-{address}", EMAIL, {"email_address": address})
    if recipients.slack is not None:
        channel = {"channel_name": recipients.slack.channel}
        yield Channel("slack", "slack", channel, {"auth_token": recipients.slack.token})
    if recipients.pager_duty is not None:
        yield Channel("pager-duty", "pagerduty", sensitive_labels={"service_key": recipients.pager_duty})
    if recipients.webhook is not None:
        yield Channel("webhook", "webhook_tokenauth", {"url": recipients.webhook})


def create_channel(
    channel: Channel, environment: Environment, child_options: pulumi.ResourceOptions
) -> gcp.monitoring.NotificationChannel:
    """Creates the resource of a channel."""
    return gcp.monitoring.NotificationChannel(
        channel.name,
        type=channel.type,
        display_name=f"{environment.prefix}: {channel.name}",
        labels=channel.labels,
        sensitive_labels=channel.sensitive_labels,
        # Else Cloud Monitoring refuses to delete a channel while an alert policy still refers to it.
        force_delete=True,
        opts=child_options,
    )
