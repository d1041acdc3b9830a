"""Reads which alerts are open (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alerts).

A project has the alerts of all its stacks. The policies that `infra` makes name the stack in a label and in the title.
"""

from collections.abc import Iterator

from data_api.ops.google_api import Json, moment
from data_api.ops.status.part import Context, Part, short

NAME = "alerts"
_OPEN = "OPEN"
_PAGE = 100


def read_alerts(context: Context) -> Part:
    """With the runbook of each; raises GoogleError."""
    prefix = context.deployment.prefix
    alerts = [_mapping(alert, prefix) for alert in _open(context) if _is_of(alert["policy"], prefix)]
    return Part(
        NAME,
        ok=not alerts,
        state=f"{len(alerts)} open",
        details=tuple(_line(alert) for alert in alerts),
        fields={"open": alerts},
    )


def _open(context: Context) -> Iterator[Json]:
    parameters = {"filter": f'state="{_OPEN}"', "pageSize": str(_PAGE)}
    while True:
        page = context.google.get("monitoring", f"/v3/projects/{context.deployment.project}/alerts", parameters)
        yield from (alert for alert in page.get("alerts", []) if alert.get("state") == _OPEN and "policy" in alert)
        if not page.get("nextPageToken"):
            return
        parameters["pageToken"] = page["nextPageToken"]


def _is_of(policy: Json, prefix: str) -> bool:
    labels: Json = policy.get("userLabels", {})
    return labels.get("stack") == prefix or str(policy.get("displayName", "")).startswith(f"{prefix}: ")


def _mapping(alert: Json, prefix: str) -> Json:
    policy = alert["policy"]
    title = policy.get("displayName", "").removeprefix(f"{prefix}: ")
    return {
        "title": title,
        "severity": policy.get("severity", ""),
        "openedAt": alert.get("openTime"),
        "runbook": f"docs/operations.md#{title.lower().replace(' ', '-')}",
    }


def _line(alert: Json) -> str:
    since = f", since {short(moment(alert['openedAt']))}" if alert["openedAt"] else ""
    return f"{alert['severity']} {alert['title']}{since}: {alert['runbook']}".lstrip()
