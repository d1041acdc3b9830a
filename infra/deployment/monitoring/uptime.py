"""Creates the uptime check, which requests /healthz from several regions, through the gateway like a client.

The answer needs nothing behind the function `present`. So a failure means that the gateway, the connection to the
function or the function itself does not work.
"""

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment


def create_uptime_check(
    environment: Environment, host: pulumi.Input[str], child_options: pulumi.ResourceOptions
) -> gcp.monitoring.UptimeCheckConfig:
    """Creates the check; `host` is the host name of the gateway."""
    return gcp.monitoring.UptimeCheckConfig(
        "healthz",
        display_name=f"{environment.prefix}: /healthz",
        period="60s",
        timeout="10s",
        selected_regions=["USA_OREGON", "EUROPE", "ASIA_PACIFIC"],  # at least three are required
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
        opts=child_options,
    )
