"""Calls /healthz from around the world, as a client would: through the gateway.

Owns how often and from where. The answer touches nothing behind the function `present`, so a failure means that the
gateway, the way to the function or the function itself is down. What a failure means to people is `alerts`'s.
"""

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment


def uptime_check(
    environment: Environment, host: pulumi.Input[str], inside: pulumi.ResourceOptions
) -> gcp.monitoring.UptimeCheckConfig:
    """Makes the check; `host` is the gateway's."""
    return gcp.monitoring.UptimeCheckConfig(
        "healthz",
        display_name=f"{environment.prefix}: /healthz",
        period="60s",
        timeout="10s",
        selected_regions=["USA_OREGON", "EUROPE", "ASIA_PACIFIC"],  # the fewest that are accepted are three
        monitored_resource={"type": "uptime_url", "labels": {"project_id": environment.project, "host": host}},
        http_check={
            "path": "/healthz",
            "port": 443,
            "use_ssl": True,
            "validate_ssl": True,
            "request_method": "GET",
            "accepted_response_status_codes": [{"status_value": 200}],
        },
        content_matchers=[{"content": '"ok"', "matcher": "CONTAINS_STRING"}],
        opts=inside,
    )
