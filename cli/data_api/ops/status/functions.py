"""Reads a function (https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions)."""

from data_api.ops.google_api import Json, moment
from data_api.ops.status.part import Context, Part, short

_WELL = ("ACTIVE", "DEPLOYING")  # while a new revision is deployed, the one before serves


def read_function(context: Context, name: str) -> Part:
    """Its state, the revision that serves, and when it was updated; raises GoogleError."""
    deployment = context.deployment
    place = f"projects/{deployment.project}/locations/{deployment.region}"
    content = context.google.get("cloudfunctions", f"/v2/{place}/functions/{deployment.functions[name]}")
    return _part(name, content)


def _part(name: str, content: Json) -> Part:
    state = content.get("state", "UNKNOWN")
    revision, updated = content.get("serviceConfig", {}).get("revision", ""), content.get("updateTime")
    texts = [revision, f"updated {short(moment(updated))}" if updated else ""]
    return Part(
        name,
        ok=state in _WELL,
        state=state,
        message=", ".join(filter(None, texts)),
        details=tuple(_problem(problem) for problem in content.get("stateMessages", [])),
        fields={"revision": revision, "updatedAt": updated},
    )


def _problem(content: Json) -> str:
    return f"{content.get('severity', '')} {content.get('type', '')}: {content.get('message', '')}"
