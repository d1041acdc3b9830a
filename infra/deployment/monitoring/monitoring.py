"""Watches a deployment: counts what its logs say, measures its promises, shows all of it, and tells people.

Owns what is always there (counts, objectives, dashboard) and what only a stack with alerts has (alerts, the uptime
check). What is counted, promised, shown and told is each said in its file of this folder. Destroying this loses the
history of the counts, and no record.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from deployment.configuration import Environment
from deployment.configuration import monitoring as configuration
from deployment.monitoring.budget import budget
from deployment.monitoring.channels import EMAIL, channels, create
from deployment.monitoring.dashboard import dashboard
from deployment.monitoring.log_metrics import log_metrics
from deployment.monitoring.objectives import objectives
from deployment.monitoring.policies import Notice, policies, raised
from deployment.monitoring.uptime import uptime_check
from deployment.monitoring.watched import Watched


@dataclass(frozen=True)
class MonitoringArgs:
    """What is watched, and how."""

    environment: Environment
    configured: configuration.Monitoring
    runbooks: Mapping[str, str]  # the sections of docs/operations.md, by heading
    names: Mapping[str, pulumi.Input[str]]  # of the parts, by the fields of Watched
    max_instances: int
    host: pulumi.Input[str]  # the gateway's
    project_number: pulumi.Output[int]


class Monitoring(pulumi.ComponentResource):
    """The counts, the objectives and the dashboard, and in a stack that raises alerts these."""

    def __init__(self, name: str, args: MonitoringArgs) -> None:
        super().__init__("dataapi:infra:Monitoring", name)
        inside = pulumi.ResourceOptions(parent=self)
        watched = _watched(args)
        metrics = log_metrics(watched, inside)
        counting = pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=metrics))
        promised = objectives(args.environment, args.configured.objectives, watched, counting)
        self.dashboard = dashboard(watched, promised, counting)
        results = [
            (channel, create(channel, args.environment, inside)) for channel in channels(args.configured.recipients)
        ]
        if args.configured.alerts:
            check = uptime_check(args.environment, args.host, inside)
            notice = Notice(
                args.environment,
                [resource.name for _, resource in results],
                args.runbooks,
                args.configured.runbooks_url,
            )
            for policy in policies(watched, promised, check.uptime_check_id):
                raised(policy, notice, counting)
            _warn_without_recipients(args.configured)
        if args.configured.budget is not None:
            emails = [resource.id for channel, resource in results if channel.kind == EMAIL]
            budget(args.environment, args.configured.budget, args.project_number, emails, inside)
        self.register_outputs({"dashboard": self.dashboard})


def _watched(args: MonitoringArgs) -> pulumi.Output[Watched]:
    environment = args.environment

    def named(names: Mapping[str, str]) -> Watched:
        return Watched(environment.project, environment.prefix, max_instances=args.max_instances, **names)

    return pulumi.Output.all(**args.names).apply(named)


def _warn_without_recipients(configured: configuration.Monitoring) -> None:
    if not configured.recipients:
        pulumi.log.info(
            "Alerts are raised, but nobody is told: pulumi config set --path 'data-api:alertEmails[0]' and an address."
        )
