"""Calls a function on a schedule, with a service account of its own that may do nothing else.

The next call is the retry, so Cloud Scheduler makes none. Destroying the component loses nothing.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.accounts import service_account
from deployment.components.function import Function
from deployment.configuration import Environment


@dataclass(frozen=True)
class ScheduleArgs:
    """Arguments of the component Schedule."""

    environment: Environment
    function: Function
    minutes: int  # between two calls
    timeout: int  # seconds that a call may take; from 15 to 1,800


class Schedule(pulumi.ComponentResource):
    """The job of Cloud Scheduler and its service account."""

    def __init__(self, name: str, args: ScheduleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Schedule", name, None, opts)
        child_options = pulumi.ResourceOptions(parent=self)
        account = service_account(args.environment, name, "Cloud Scheduler's calls", child_options)
        invoker_grant = args.function.grant_invoke(name, account.member)
        gcp.cloudscheduler.Job(
            name,
            name=f"{args.environment.prefix}-{args.function.pulumi_resource_name}",
            region=args.environment.region,
            description="Calls the API as a user does: docs/operations.md#users-cannot-post-and-read",
            schedule=f"*/{args.minutes} * * * *",
            time_zone="Etc/UTC",
            attempt_deadline=f"{args.timeout}s",
            retry_config={"retry_count": 0},
            http_target={
                "http_method": "POST",
                "uri": args.function.url,
                "oidc_token": {"service_account_email": account.email, "audience": args.function.url},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[invoker_grant]),
        )
        self.register_outputs({})
