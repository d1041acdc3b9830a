"""Creates the monitoring of a deployment.

Every stack has log-based metrics, objectives and the dashboard; only a stack with alerts has alert policies and the
uptime check. Destroying the component loses the history of the metrics, but no record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from deployment.components.protection import deletion_policy
from deployment.configuration import Environment
from deployment.configuration.monitoring import Monitoring as MonitoringConfiguration
from deployment.monitoring.alerts import ALERTS
from deployment.monitoring.budget import create_budget
from deployment.monitoring.channels import EMAIL, channels, create_channel
from deployment.monitoring.dashboard import create_dashboard
from deployment.monitoring.log_metrics import create_log_metrics
from deployment.monitoring.metric_filters import MonitoredResources
from deployment.monitoring.objectives import create_objectives
from deployment.monitoring.optional_alerts import NO_BACKUPS, USERS_CANNOT
from deployment.monitoring.policies import Notification, create_alert_policy, policies
from deployment.monitoring.uptime import create_uptime_check


@dataclass(frozen=True)
class MonitoringArgs:
    """Arguments of the component Monitoring."""

    environment: Environment
    configuration: MonitoringConfiguration
    runbooks: Mapping[str, str]  # the sections of docs/operations.md, by heading
    functions: Mapping[str, pulumi.Input[str]]  # that users depend on: names in the cloud, by their short names
    resource_names: Mapping[str, pulumi.Input[str]]  # by the fields of MonitoredResources
    synthetic_caller: pulumi.Input[str] | None  # the name of its function; None: the stack has none
    backups: bool  # whether the database has any
    max_instances: int  # of each function
    host: pulumi.Input[str]  # of the gateway
    project_number: pulumi.Output[int]
    protected: Sequence[pulumi.Resource] | None  # everything that `pulumi destroy` must not delete; None: nothing


class Monitoring(pulumi.ComponentResource):
    """Log-based metrics, objectives and dashboard, and where configured alerts and a budget."""

    def __init__(self, name: str, args: MonitoringArgs) -> None:
        super().__init__("dataapi:infra:Monitoring", name)
        environment, configuration = args.environment, args.configuration
        child_options = pulumi.ResourceOptions(parent=self)
        resources = _monitored_resources(args)
        has_synthetic_caller = args.synthetic_caller is not None
        metrics = create_log_metrics(resources, child_options, synthetic_caller=has_synthetic_caller)
        after_metrics = pulumi.ResourceOptions.merge(child_options, pulumi.ResourceOptions(depends_on=metrics))
        objectives = create_objectives(environment, configuration.objectives, resources, after_metrics)
        notification_channels = [
            (channel, create_channel(channel, environment, child_options))
            for channel in channels(configuration.recipients)
            if configuration.alerts or configuration.budget
        ]
        if configuration.alerts:
            uptime_check = create_uptime_check(environment, args.host, child_options)
            channel_names = [resource.name for _, resource in notification_channels]
            notification = Notification(environment, channel_names, args.runbooks, configuration.runbooks_url)
            alerts = [*ALERTS]
            alerts += [USERS_CANNOT] if has_synthetic_caller else []
            alerts += [NO_BACKUPS] if args.backups else []
            for policy in policies(alerts, resources, objectives, uptime_check.uptime_check_id):
                create_alert_policy(policy, notification, after_metrics)
            _warn_without_recipients(configuration)
        if configuration.budget is not None:
            emails = [resource.id for channel, resource in notification_channels if channel.type == EMAIL]
            create_budget(environment, configuration.budget, args.project_number, emails, child_options)
        before_dashboard = metrics if args.protected is None else args.protected
        dashboard_options = pulumi.ResourceOptions(parent=self, depends_on=[*before_dashboard])
        dashboard_policy = deletion_policy(protected=args.protected is not None)
        self.dashboard = create_dashboard(resources, objectives, dashboard_policy, dashboard_options)
        self.register_outputs({"dashboard": self.dashboard})


def _monitored_resources(args: MonitoringArgs) -> pulumi.Output[MonitoredResources]:
    environment = args.environment

    def resolve(functions: Mapping[str, str], names: Mapping[str, str]) -> MonitoredResources:
        return MonitoredResources(
            environment.project, environment.prefix, functions, max_instances=args.max_instances, **names
        )

    resource_names = {**args.resource_names, "synthetic_caller": args.synthetic_caller or ""}
    names = pulumi.Output.all(pulumi.Output.all(**args.functions), pulumi.Output.all(**resource_names))
    return names.apply(lambda resolved: resolve(*resolved))


def _warn_without_recipients(configuration: MonitoringConfiguration) -> None:
    if not configuration.recipients:
        pulumi.log.info(
            "Alerts are on, but nobody is notified: pulumi config set --path 'data-api:alertEmails[0]' ADDRESS"
        )
