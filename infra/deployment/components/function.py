"""Runs one of the functions, under an identity of its own.

Owns how a function is built and run, where it sends its traces, and who may call it: nobody, until `let_invoke` names a
caller. What else the function may touch is granted by what it touches: `deployment.components.topic`,
`deployment.components.database`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.network import Network
from deployment.components.source import Source
from deployment.configuration import Environment, Scale

RUNTIME = "python313"
ANYWHERE = "ALLOW_ALL"  # API Gateway does not count as internal: IAM alone keeps others out
TRACES = "https://telemetry.googleapis.com"  # Google's OTLP endpoint
PUBSUB_ONLY = "ALLOW_INTERNAL_ONLY"  # pushes of the project's own subscriptions do


@dataclass(frozen=True)
class FunctionArgs:
    """What a function is made of."""

    environment: Environment
    source: Source
    scale: Scale
    network: Network | None
    ingress: str
    variables: Mapping[str, pulumi.Input[str]]  # of its process, beside those that every function has


class Function(pulumi.ComponentResource):
    """A function, named like its entry file and the entry point in it, and its service account."""

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Function", name, None, opts)
        self._environment = args.environment
        account = gcp.serviceaccount.Account(
            name,
            account_id=f"{args.environment.prefix}-{name}",
            display_name=f"{args.environment.prefix}: the function {name}",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._function = gcp.cloudfunctionsv2.Function(
            name,
            name=f"{args.environment.prefix}-{name}",
            location=args.environment.region,
            build_config=_build(name, args.source),
            service_config=_service(args, account),
            kms_key_name=args.source.key,
            opts=pulumi.ResourceOptions(parent=self, depends_on=_needed(args)),
        )
        if args.scale.trace_percent:
            gcp.projects.IAMMember(
                f"{name}-writes-traces",
                project=args.environment.project,
                role="roles/telemetry.tracesWriter",
                member=account.member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.name = self._function.name
        self.member = account.member
        self.url: pulumi.Output[str] = self._function.service_config.uri
        self.register_outputs({"url": self.url})

    def let_invoke(self, caller: str, member: pulumi.Input[str]) -> pulumi.Resource:
        """Grants a caller the right to call this function."""
        return gcp.cloudrunv2.ServiceIamMember(
            f"{caller}-invokes-{self.pulumi_resource_name}",
            project=self._environment.project,
            location=self._environment.region,
            name=self.name,
            role="roles/run.invoker",
            member=member,
            # A function made anew has a service made anew, on which nothing is granted.
            opts=pulumi.ResourceOptions(parent=self, replace_with=[self._function]),
        )


def _needed(args: FunctionArgs) -> list[pulumi.Resource]:
    """What a function cannot be built or run without."""
    return [*args.source.grants, *(args.network.ways if args.network else ())]


def _build(name: str, source: Source) -> gcp.cloudfunctionsv2.FunctionBuildConfigArgs:
    entry_point = name.replace("-", "_")  # Python's name for the file and the function in it
    return gcp.cloudfunctionsv2.FunctionBuildConfigArgs(
        runtime=RUNTIME,
        entry_point=entry_point,
        environment_variables={"GOOGLE_FUNCTION_SOURCE": f"{entry_point}.py"},
        service_account=source.builder,
        docker_repository=source.repository,
        source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceArgs(
            storage_source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceStorageSourceArgs(
                bucket=source.bucket, object=source.object
            )
        ),
    )


def _service(args: FunctionArgs, account: gcp.serviceaccount.Account) -> gcp.cloudfunctionsv2.FunctionServiceConfigArgs:
    return gcp.cloudfunctionsv2.FunctionServiceConfigArgs(
        available_memory=f"{args.scale.memory}Mi",
        available_cpu=str(args.scale.cpu),
        max_instance_request_concurrency=args.scale.concurrency,
        min_instance_count=args.scale.min_instances,
        max_instance_count=args.scale.max_instances,
        timeout_seconds=args.scale.timeout,
        ingress_settings=args.ingress,
        direct_vpc_network_interfaces=_interfaces(args.network),
        direct_vpc_egress="VPC_EGRESS_ALL_TRAFFIC" if args.network else None,
        service_account_email=account.email,
        environment_variables={
            "GOOGLE_CLOUD_PROJECT": args.environment.project,
            "LOG_EXECUTION_ID": "false",  # true disables the functions' loggers: docs/surprises.md
            **_traced(args.scale),
            **args.variables,
        },
    )


def _traced(scale: Scale) -> dict[str, str]:
    """OpenTelemetry's own variables; without them a function loads nothing of it."""
    if not scale.trace_percent:
        return {}
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": TRACES, "OTEL_TRACES_SAMPLER_ARG": str(scale.trace_percent / 100)}


def _interfaces(
    network: Network | None,
) -> list[gcp.cloudfunctionsv2.FunctionServiceConfigDirectVpcNetworkInterfaceArgs] | None:
    if network is None:
        return None
    return [
        gcp.cloudfunctionsv2.FunctionServiceConfigDirectVpcNetworkInterfaceArgs(
            network=network.name, subnetwork=network.subnet
        )
    ]
