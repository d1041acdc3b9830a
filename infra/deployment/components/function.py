"""Creates one function and its service account; it defines how all functions are built and run.

Nobody may call the function until `grant_invoke` names a caller. What else the function may do is granted by the
component that owns the resource: deployment.components.topic and deployment.components.database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_gcp as gcp

from deployment.build import VARIABLE as BUILD
from deployment.components.accounts import Account, service_account
from deployment.components.network import Network
from deployment.components.source import Source
from deployment.config_error import ConfigError
from deployment.configuration import Environment, Scale

RUNTIME = "python313"
# Ingress settings. Requests of API Gateway do not count as internal, so only IAM keeps other callers out; pushes of the
# project's own subscriptions do.
INGRESS_ALL = "ALLOW_ALL"
INGRESS_INTERNAL = "ALLOW_INTERNAL_ONLY"
_OTLP_ENDPOINT = "https://telemetry.googleapis.com"  # of Cloud Trace


@dataclass(frozen=True)
class FunctionArgs:
    """Arguments of the component Function."""

    environment: Environment
    source: Source
    scale: Scale
    network: Network | None
    ingress: str  # INGRESS_ALL or INGRESS_INTERNAL
    environment_variables: Mapping[str, pulumi.Input[str]]  # in addition to those of every function


class Function(pulumi.ComponentResource):
    """A function and its service account; the name is also that of its entry file and entry point."""

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Function", name, None, opts)
        self._environment = args.environment
        account = service_account(args.environment, name, f"the function {name}", pulumi.ResourceOptions(parent=self))
        self._function = gcp.cloudfunctionsv2.Function(
            name,
            name=f"{args.environment.prefix}-{name}",
            location=args.environment.region,
            build_config=_build_config(name, args.source),
            service_config=_service_config(args, account),
            kms_key_name=args.source.key,
            opts=pulumi.ResourceOptions(parent=self, depends_on=_prerequisites(args)),
        )
        if args.scale.trace_percent and not args.environment.prepared:
            gcp.projects.IAMMember(
                f"{name}-writes-traces",
                project=args.environment.project,
                role="roles/telemetry.tracesWriter",
                member=account.member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.name = self._function.name
        self.member = account.member
        # Known when the function runs: a function that was never built has no service, and no grants on one.
        self._service_name = self._function.service_config.service.apply(partial(_service_name, name))
        self.url: pulumi.Output[str] = self._function.service_config.uri
        self.register_outputs({"url": self.url})

    def grant_invoke(self, caller: str, member: pulumi.Input[str]) -> pulumi.Resource:
        """Allows an IAM member to call this function; `caller` names the grant."""
        return gcp.cloudrunv2.ServiceIamMember(
            f"{caller}-invokes-{self.pulumi_resource_name}",
            project=self._environment.project,
            location=self._environment.region,
            name=self._service_name,
            role="roles/run.invoker",
            member=member,
            # A replaced function has a new Cloud Run service, without any grants.
            opts=pulumi.ResourceOptions(parent=self, replace_with=[self._function]),
        )


def _service_name(function: str, service: str | None) -> str:
    """The short name of a function's Cloud Run service; raises ConfigError if there is no service."""
    if not service:
        raise ConfigError(
            f"The function {function} has no Cloud Run service, because it was never built: "
            f"data-api doctor --stack {pulumi.get_stack()} says what to do."
        )
    return service.rpartition("/")[2]


def _prerequisites(args: FunctionArgs) -> list[pulumi.Resource]:
    """The resources without which a function cannot be built or run."""
    return [*args.source.grants, *(args.network.egress if args.network else ())]


def _build_config(name: str, source: Source) -> gcp.cloudfunctionsv2.FunctionBuildConfigArgs:
    entry_point = name.replace("-", "_")  # name of the Python file and of the function in it
    return gcp.cloudfunctionsv2.FunctionBuildConfigArgs(
        runtime=RUNTIME,
        entry_point=entry_point,
        environment_variables={"GOOGLE_FUNCTION_SOURCE": f"{entry_point}.py", BUILD: source.build},
        service_account=source.build_account,
        docker_repository=source.repository,
        source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceArgs(
            storage_source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceStorageSourceArgs(
                bucket=source.bucket, object=source.object
            )
        ),
    )


def _service_config(args: FunctionArgs, account: Account) -> gcp.cloudfunctionsv2.FunctionServiceConfigArgs:
    return gcp.cloudfunctionsv2.FunctionServiceConfigArgs(
        available_memory=f"{args.scale.memory}Mi",
        available_cpu=str(args.scale.cpu),
        max_instance_request_concurrency=args.scale.concurrency,
        min_instance_count=args.scale.min_instances,
        max_instance_count=args.scale.max_instances,
        timeout_seconds=args.scale.timeout,
        ingress_settings=args.ingress,
        direct_vpc_network_interfaces=_network_interfaces(args.network),
        direct_vpc_egress="VPC_EGRESS_ALL_TRAFFIC" if args.network else None,
        service_account_email=account.email,
        environment_variables={
            "GOOGLE_CLOUD_PROJECT": args.environment.project,
            "LOG_EXECUTION_ID": "false",  # "true" disables the functions' loggers: docs/surprises.md
            BUILD: args.source.build,  # compared by `data-api smoke`
            **_tracing_variables(args.scale),
            **args.environment_variables,
        },
    )


def _tracing_variables(scale: Scale) -> dict[str, str]:
    """OpenTelemetry's standard variables; without them a function does not load OpenTelemetry."""
    if not scale.trace_percent:
        return {}
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": _OTLP_ENDPOINT, "OTEL_TRACES_SAMPLER_ARG": str(scale.trace_percent / 100)}


def _network_interfaces(
    network: Network | None,
) -> list[gcp.cloudfunctionsv2.FunctionServiceConfigDirectVpcNetworkInterfaceArgs] | None:
    if network is None:
        return None
    return [
        gcp.cloudfunctionsv2.FunctionServiceConfigDirectVpcNetworkInterfaceArgs(
            network=network.name, subnetwork=network.subnet
        )
    ]
