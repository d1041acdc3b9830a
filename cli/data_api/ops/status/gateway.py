"""Reads the gateway (https://cloud.google.com/api-gateway/docs/reference/rest/v1/projects.locations.gateways)."""

from data_api.ops.status.part import Context, Part

NAME = "gateway"
_WELL = ("ACTIVE", "UPDATING")  # while it takes a new configuration, the one before serves


def read_gateway(context: Context) -> Part:
    """Its state, its configuration and its address; raises GoogleError."""
    deployment = context.deployment
    place = f"projects/{deployment.project}/locations/{deployment.region}"
    content = context.google.get("apigateway", f"/v1/{place}/gateways/{deployment.gateway}")
    state, host = content.get("state", "UNKNOWN"), content.get("defaultHostname", "")
    configuration = content.get("apiConfig", "").rpartition("/")[2]
    url = f"https://{host}" if host else ""
    return Part(
        NAME,
        ok=state in _WELL,
        state=state,
        message=", ".join(filter(None, [configuration, url])),
        fields={"configuration": configuration, "url": url, "updatedAt": content.get("updateTime")},
    )
