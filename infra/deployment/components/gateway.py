"""Creates API Gateway in front of the functions: the API, its configuration, the gateway and its service account.

A changed configuration is replaced without downtime: the new one is created, the gateway switches to it, the old one is
deleted. deployment.gateway_config makes the OpenAPI document. Destroying the component loses the address of the API
permanently.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.accounts import service_account
from deployment.components.function import Function
from deployment.components.protection import deletion_policy, protected_options
from deployment.configuration import Access, Environment
from deployment.gateway_config.document import Deployment, Json, render


@dataclass(frozen=True)
class GatewayArgs:
    """Arguments of the component Gateway."""

    environment: Environment
    contract: Json  # openapi.yaml
    access: Access
    functions: Mapping[str, Function]  # by the names of their placeholders in the contract, as in {generate}
    protected: bool


class Gateway(pulumi.ComponentResource):
    """The gateway, with its API, configuration and service account, and with a quota an API key."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Gateway", name, None, opts)
        # Renders once with placeholders, so that an invalid contract fails now, not after the functions are created.
        _render(args, dict.fromkeys(args.functions, "https://not-yet-known"))
        child_options = pulumi.ResourceOptions(parent=self)
        protected = protected_options(self, protected=args.protected)
        policy = deletion_policy(protected=args.protected)
        prefix = args.environment.prefix
        account = service_account(args.environment, "gateway", "the gateway", child_options)
        invoker_grants = [function.grant_invoke("gateway", account.member) for function in args.functions.values()]
        api = gcp.apigateway.Api(name, api_id=prefix, deletion_policy=policy, opts=protected)
        configuration = gcp.apigateway.ApiConfig(
            name,
            api=api.api_id,
            # Not a fixed ID: the old configuration still exists when the new one is created.
            api_config_id_prefix=f"{prefix}-",
            openapi_documents=[{"document": {"path": "openapi.json", "contents": _encoded_document(args)}}],
            gateway_config={"backend_config": {"google_service_account": account.email}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=invoker_grants),
        )
        gateway = gcp.apigateway.Gateway(
            name,
            gateway_id=prefix,
            api_config=configuration.id,
            region=args.environment.region,
            deletion_policy=policy,
            opts=protected,
        )
        self.name = gateway.gateway_id
        self.host = gateway.default_hostname
        self.url = pulumi.Output.concat("https://", self.host)
        self.api_key = self._create_api_key(args.environment, api, gateway) if args.access.quota else None
        self.register_outputs({"url": self.url})

    def _create_api_key(
        self, environment: Environment, api: gcp.apigateway.Api, gateway: gcp.apigateway.Gateway
    ) -> pulumi.Output[str]:
        """A first API key, in the deployment's own project; other projects create their own."""
        service = gcp.projects.Service(
            "gateway",
            service=api.managed_service,
            disable_on_destroy=True,  # nobody else uses it, and it is deleted with the API
            # The service can be enabled only after a gateway serves it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
        )
        key = gcp.projects.ApiKey(
            f"{environment.prefix}-own",  # Pulumi appends a suffix: the name of a deleted key stays in use for a month
            project=environment.project,
            display_name=f"{environment.prefix}: the deployment's own",
            restrictions={"api_targets": [{"service": api.managed_service}]},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[service]),
        )
        return pulumi.Output.secret(key.key_string)


def _encoded_document(args: GatewayArgs) -> pulumi.Output[str]:
    """The OpenAPI document in base64; resolved when the functions' URLs are known."""
    urls = pulumi.Output.all(**{name: function.url for name, function in args.functions.items()})
    return urls.apply(lambda resolved: base64.b64encode(_render(args, resolved)).decode())


def _render(args: GatewayArgs, urls: Mapping[str, str]) -> bytes:
    access = args.access
    deployment = Deployment(access.users_project, access.audiences, urls, access.issuers, access.quota)
    return render(args.contract, deployment)
