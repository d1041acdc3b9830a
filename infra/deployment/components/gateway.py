"""Lets users in: API Gateway, configured from the contract, before the functions that answer them.

Owns the identity under which the gateway calls the functions, and replaces its configuration without a gap: a new one
is made, the gateway turns to it, the old one goes. What the configuration says is `gateway_document`'s. Destroying this
loses the API's address for good.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.function import Function
from deployment.components.protection import deletion_policy, protection
from deployment.configuration import Access, Environment
from deployment.gateway_config.document import Deployment, Json, render


@dataclass(frozen=True)
class GatewayArgs:
    """What the gateway is made of."""

    environment: Environment
    contract: Json
    access: Access
    functions: Mapping[str, Function]  # by their names in the contract's braces
    protected: bool


class Gateway(pulumi.ComponentResource):
    """The gateway, its API and its configuration, and its service account."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Gateway", name, None, opts)
        # A contract that cannot be rendered is refused now, not when the functions have got their addresses.
        _rendered(args, dict.fromkeys(args.functions, "https://not-yet-known"))
        inside = pulumi.ResourceOptions(parent=self)
        protected = protection(self, protected=args.protected)
        policy = deletion_policy(protected=args.protected)
        prefix = args.environment.prefix
        account = gcp.serviceaccount.Account(
            name, account_id=f"{prefix}-gateway", display_name=f"{prefix}: the gateway", opts=inside
        )
        let_in = [function.let_invoke("gateway", account.member) for function in args.functions.values()]
        api = gcp.apigateway.Api(name, api_id=prefix, deletion_policy=policy, opts=protected)
        configuration = gcp.apigateway.ApiConfig(
            name,
            api=api.api_id,
            api_config_id_prefix=f"{prefix}-",  # not a fixed name: the old one still exists when the new one is made
            openapi_documents=[{"document": {"path": "openapi.json", "contents": _document(args)}}],
            gateway_config={"backend_config": {"google_service_account": account.email}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=let_in),
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
        self.api_key = self._key(args.environment, api, gateway) if args.access.quota else None
        self.register_outputs({"url": self.url})

    def _key(
        self, environment: Environment, api: gcp.apigateway.Api, gateway: gcp.apigateway.Gateway
    ) -> pulumi.Output[str]:
        """A first API key, of the deployment's own project; other projects make theirs."""
        turned_on = gcp.projects.Service(
            "gateway",
            service=api.managed_service,
            disable_on_destroy=True,  # nobody else's, and gone with the API
            # The service is there to be turned on once a gateway serves it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
        )
        key = gcp.projects.ApiKey(
            f"{environment.prefix}-own",  # Pulumi lengthens it: the name of a deleted key is taken for a month
            project=environment.project,
            display_name=f"{environment.prefix}: the deployment's own",
            restrictions={"api_targets": [{"service": api.managed_service}]},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[turned_on]),
        )
        return pulumi.Output.secret(key.key_string)


def _document(args: GatewayArgs) -> pulumi.Output[str]:
    """The configuration in base64, once the functions' addresses are known."""
    addresses = pulumi.Output.all(**{name: function.url for name, function in args.functions.items()})
    return addresses.apply(lambda hosts: base64.b64encode(_rendered(args, hosts)).decode())


def _rendered(args: GatewayArgs, addresses: Mapping[str, str]) -> bytes:
    access = args.access
    return render(
        args.contract, Deployment(access.users_project, access.audiences, addresses, access.issuers, access.quota)
    )
