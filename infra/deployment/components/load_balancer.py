"""Creates the load balancer of an own domain: the web page from a bucket, everything else from the gateway.

Page and API have one origin. The certificate is authorized by a DNS record, so it can be active before the domain leads
here. The gateway is reached by its public name (an internet network endpoint group): the load balancer's own kind of
endpoint for API Gateway is still in preview. So the gateway's address stays open, with the same checks of tokens.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.page_files import PageFiles
from deployment.components.protection import protected_options
from deployment.configuration import Environment

_HTTPS, _HTTP = 443, 80
_SCHEME = "EXTERNAL_MANAGED"


@dataclass(frozen=True)
class LoadBalancerArgs:
    """Arguments of the component LoadBalancer."""

    environment: Environment
    domain: str
    page: PageFiles
    gateway_host: pulumi.Output[str]
    protected: bool  # the addresses, to which the domain's DNS records lead


class LoadBalancer(pulumi.ComponentResource):
    """The addresses with their forwarding rules, the certificate, the routes and the backend for the API."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:LoadBalancer", name, None, opts)
        self._name = f"{args.environment.prefix}-{name}"
        self._child_options = pulumi.ResourceOptions(parent=self)
        # Pulumi appends a suffix to the names of what is replaced when the domain changes.
        authorization = gcp.certificatemanager.DnsAuthorization(
            self._name, domain=args.domain, opts=self._child_options
        )
        proxies = {_HTTPS: self._https(args, authorization), _HTTP: self._redirect_to_https()}
        addresses = {
            version: gcp.compute.GlobalAddress(
                version.lower(),
                name=f"{self._name}-{version.lower()}",
                ip_version=version,
                opts=protected_options(self, protected=args.protected),
            )
            for version in ("IPV4", "IPV6")
        }
        for version, address in addresses.items():
            for port, proxy in proxies.items():
                self._forward(f"{version.lower()}-{port}", address, port, proxy)
        self.url = f"https://{args.domain}"
        self.dns_records = pulumi.Output.all(
            {"name": f"{args.domain}.", "type": "A", "data": addresses["IPV4"].address},
            {"name": f"{args.domain}.", "type": "AAAA", "data": addresses["IPV6"].address},
            authorization.dns_resource_records[0],
        )
        self.register_outputs({"url": self.url})

    def _https(
        self, args: LoadBalancerArgs, authorization: gcp.certificatemanager.DnsAuthorization
    ) -> pulumi.Output[str]:
        """The ID of the proxy that answers HTTPS."""
        policy = gcp.compute.SSLPolicy(
            "modern", name=self._name, profile="MODERN", min_tls_version="TLS_1_2", opts=self._child_options
        )
        proxy = gcp.compute.TargetHttpsProxy(
            "https",
            name=self._name,
            url_map=self._routes(args).id,
            certificate_map=self._certificates(args.domain, authorization),
            ssl_policy=policy.id,
            opts=self._child_options,
        )
        return proxy.id

    def _certificates(self, domain: str, authorization: gcp.certificatemanager.DnsAuthorization) -> pulumi.Output[str]:
        """The address of the map with the certificate."""
        certificate = gcp.certificatemanager.Certificate(
            self._name,
            managed={"domains": [domain], "dns_authorizations": [authorization.id]},
            opts=self._child_options,
        )
        certificates = gcp.certificatemanager.CertificateMap("certificates", name=self._name, opts=self._child_options)
        gcp.certificatemanager.CertificateMapEntry(
            self._name,
            map=certificates.name,
            certificates=[certificate.id],
            hostname=domain,
            opts=self._child_options,
        )
        return pulumi.Output.concat("//certificatemanager.googleapis.com/", certificates.id)

    def _routes(self, args: LoadBalancerArgs) -> gcp.compute.URLMap:
        """What is not the page goes to the gateway; another host name is redirected to the domain."""
        entry, assets, api = args.page.entry.id, args.page.assets.id, self._api(args.gateway_host).id
        return gcp.compute.URLMap(
            "routes",
            name=self._name,
            default_url_redirect={"host_redirect": args.domain, "https_redirect": True, "strip_query": False},
            host_rules=[{"hosts": [args.domain], "path_matcher": "page-and-api"}],
            path_matchers=[
                {
                    "name": "page-and-api",
                    "default_service": api,
                    "path_rules": [
                        {
                            "paths": ["/"],
                            "service": entry,
                            # A bucket would answer / with the list of its objects.
                            "route_action": {"url_rewrite": {"path_prefix_rewrite": "/index.html"}},
                        },
                        {"paths": ["/app/config.json"], "service": entry},
                        {"paths": ["/app/*"], "service": assets},
                    ],
                }
            ],
            opts=self._child_options,
        )

    def _api(self, host: pulumi.Output[str]) -> gcp.compute.BackendService:
        """The gateway answers for its own host name only."""
        group = gcp.compute.GlobalNetworkEndpointGroup(
            "gateway",
            name=f"{self._name}-gateway",
            network_endpoint_type="INTERNET_FQDN_PORT",
            default_port=_HTTPS,
            opts=self._child_options,
        )
        endpoint = gcp.compute.GlobalNetworkEndpoint(
            "gateway", global_network_endpoint_group=group.name, fqdn=host, port=_HTTPS, opts=self._child_options
        )
        return gcp.compute.BackendService(
            "api",
            name=f"{self._name}-api",
            load_balancing_scheme=_SCHEME,
            protocol="HTTPS",
            backends=[{"group": group.id}],
            custom_request_headers=[pulumi.Output.concat("Host: ", host)],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[endpoint]),
        )

    def _redirect_to_https(self) -> pulumi.Output[str]:
        """The ID of the proxy that answers HTTP."""
        redirect = gcp.compute.URLMap(
            "redirect",
            name=f"{self._name}-redirect",
            default_url_redirect={
                "https_redirect": True,
                "strip_query": False,
                "redirect_response_code": "MOVED_PERMANENTLY_DEFAULT",
            },
            opts=self._child_options,
        )
        proxy = gcp.compute.TargetHttpProxy(
            "http", name=f"{self._name}-redirect", url_map=redirect.id, opts=self._child_options
        )
        return proxy.id

    def _forward(self, name: str, address: gcp.compute.GlobalAddress, port: int, proxy: pulumi.Output[str]) -> None:
        gcp.compute.GlobalForwardingRule(
            name,
            name=f"{self._name}-{name}",
            ip_address=address.id,
            port_range=str(port),
            target=proxy,
            load_balancing_scheme=_SCHEME,
            opts=self._child_options,
        )
