"""Checks the web page's sign-in and its own domain: the OAuth client, the certificate, the DNS records.

What a deployment has not created yet is no problem: it creates it. The OAuth client and the DNS records are made by
hand (docs/deploy.md).
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from data_api.ops.doctor.check_context import CheckContext
from data_api.shared.check_result import OK, PROBLEM, CheckResult

_CONSOLE = "https://console.cloud.google.com/auth/clients?project={}"


def web_page(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that people can sign in on the page of a stack that has a domain for it."""
    stack = context.stack
    if stack.page_client:
        yield CheckResult("web page", OK, f"people sign in with the OAuth client {stack.page_client}")
    elif stack.domain:
        fix = (
            f"# create a client of the type Web application with the redirect URI https://{stack.domain}/ at\n"
            f"# {_CONSOLE.format(stack.project)}\n"
            f"pulumi config set data-api:webClientId CLIENT_ID --stack {stack.name}"
        )
        yield CheckResult("web page", PROBLEM, "it has a domain, but webClientId is not set: nobody can sign in", fix)
    else:
        yield CheckResult("web page", OK, "without sign-in, because webClientId is not set (docs/deploy.md)")


def certificate(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the certificate of the domain is active, if it exists already."""
    stack = context.stack
    if not stack.domain:
        return
    path = f"/v1/projects/{stack.project}/locations/global/certificates"
    certificates = context.google.get("certificatemanager", path).get("certificates", [])
    managed = [item["managed"] for item in certificates if stack.domain in item.get("managed", {}).get("domains", ())]
    if not managed:
        yield CheckResult("certificate", OK, "the deployment will create it")
    elif any(item.get("state") == "ACTIVE" for item in managed):
        yield CheckResult("certificate", OK, f"active for {stack.domain}")
    else:
        state, reason = managed[0].get("state", "unknown"), _reason(managed[0])
        message = f"that of {stack.domain} is not active but {state}{reason}: does the CNAME record exist?"
        yield CheckResult("certificate", PROBLEM, message, _show_records(stack.name))


def dns(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the domain leads to the load balancer, if that exists already."""
    stack = context.stack
    if not stack.domain:
        return
    reserved = context.google.get("compute", f"/compute/v1/projects/{stack.project}/global/addresses")
    prefix = f"data-api-{stack.name}-domain-ipv"
    own = {ip_address(item["address"]) for item in reserved.get("items", []) if item["name"].startswith(prefix)}
    if not own:
        yield CheckResult("DNS", OK, "the deployment will reserve the addresses")
        return
    actual = {ip_address(address) for address in context.dependencies.addresses_of(stack.domain)}
    if actual and actual <= own:
        yield CheckResult("DNS", OK, f"{stack.domain} leads to the load balancer")
        return
    leads_to = ", ".join(sorted(map(str, actual))) or "no address"
    wanted = ", ".join(sorted(map(str, own)))
    message = f"{stack.domain} leads to {leads_to}, but the load balancer has {wanted}"
    yield CheckResult("DNS", PROBLEM, message, _show_records(stack.name))


def _reason(managed: Mapping[str, Any]) -> str:
    reason = managed.get("provisioningIssue", {}).get("reason")
    return f" ({reason})" if reason else ""


def _show_records(stack: str) -> str:
    return f"# create these DNS records:\npulumi stack output dnsRecords --stack {stack}"
