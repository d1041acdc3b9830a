"""Tells when a month costs more than was thought.

Owns the shares of the budget at which somebody hears of it. It counts the whole project and stops nothing: what bounds
the bill itself is `maxInstances`.
"""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment
from deployment.configuration.monitoring import Budget

_SHARES = (0.5, 0.9, 1.0)
_MOST_CHANNELS = 5  # https://cloud.google.com/billing/docs/how-to/budgets-notification-recipients


def budget(
    environment: Environment,
    configured: Budget,
    project_number: pulumi.Output[int],
    emails: Sequence[pulumi.Input[str]],
    inside: pulumi.ResourceOptions,
) -> None:
    """Makes the budget, and turns on the service that keeps it."""
    service = gcp.projects.Service(
        "billingbudgets", service="billingbudgets.googleapis.com", disable_on_destroy=False, opts=inside
    )
    result = emails[:_MOST_CHANNELS]
    rules: list[gcp.billing.BudgetThresholdRuleArgsDict] = [{"threshold_percent": share} for share in _SHARES]
    gcp.billing.Budget(
        "month",
        billing_account=configured.billing_account,
        display_name=f"{environment.prefix}: {environment.project}",
        amount={"specified_amount": {"units": str(configured.amount)}},
        budget_filter={"projects": [project_number.apply(lambda number: f"projects/{number}")]},
        threshold_rules=[*rules, {"threshold_percent": 1.0, "spend_basis": "FORECASTED_SPEND"}],
        all_updates_rule={"monitoring_notification_channels": result} if result else None,
        opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[service])),
    )
