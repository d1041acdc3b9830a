"""Creates the budget, which notifies when the costs of a month reach a share of the configured amount.

It counts the costs of the whole project and stops nothing; the setting `maxInstances` limits the costs.
"""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment
from deployment.configuration.monitoring import Budget

_THRESHOLDS = (0.5, 0.9, 1.0)  # shares of the amount
_MAX_CHANNELS = 5  # https://cloud.google.com/billing/docs/how-to/budgets-notification-recipients


def create_budget(
    environment: Environment,
    budget: Budget,
    project_number: pulumi.Output[int],
    email_channels: Sequence[pulumi.Input[str]],
    child_options: pulumi.ResourceOptions,
) -> None:
    """Creates the budget, and enables the service that it needs."""
    service = gcp.projects.Service(
        "billingbudgets", service="billingbudgets.googleapis.com", disable_on_destroy=False, opts=child_options
    )
    channels = email_channels[:_MAX_CHANNELS]
    rules: list[gcp.billing.BudgetThresholdRuleArgsDict] = [{"threshold_percent": share} for share in _THRESHOLDS]
    gcp.billing.Budget(
        "month",
        billing_account=budget.billing_account,
        display_name=f"{environment.prefix}: {environment.project}",
        amount={"specified_amount": {"units": str(budget.amount)}},
        budget_filter={"projects": [project_number.apply(lambda number: f"projects/{number}")]},
        threshold_rules=[*rules, {"threshold_percent": 1.0, "spend_basis": "FORECASTED_SPEND"}],
        all_updates_rule={"monitoring_notification_channels": channels} if channels else None,
        opts=pulumi.ResourceOptions.merge(child_options, pulumi.ResourceOptions(depends_on=[service])),
    )
