"""Destroys a stack with the real engine of Pulumi and the real provider of Google, whose state comes of a preview.

There is no cloud: what the provider does not refuse fails, because it cannot be reached.
"""

import json
import re
import uuid
from pathlib import Path

from tests.support.infra.pulumi_preview import answer_of_preview, environment_of, run_pulumi
from tests.support.infra.recorded_deployment import Json

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # how a preview writes a value that is known only after creation
_KEPT = ("urn", "custom", "type", "inputs", "parent", "provider", "dependencies", "propertyDependencies")


def destroy_unprotected(sources: Path, stack: str, said: dict[str, str]) -> tuple[list[str], str]:
    """Destroys a stack whose protection is lifted in the state.

    Returns the types and names of the resources that Pulumi began to delete, and its output.
    """
    states = [step["newState"] for step in answer_of_preview(sources, stack, said)["steps"]]
    environment, file = environment_of(sources), sources / "state.json"
    exported = json.loads(run_pulumi(sources, environment, "stack", "export", "--stack", stack))
    exported["deployment"]["resources"] = _resources(states)
    file.write_text(json.dumps(exported))
    run_pulumi(sources, environment, "stack", "import", "--stack", stack, "--file", str(file), "--force")
    output = run_pulumi(sources, environment, "destroy", "--stack", stack, "--skip-preview", "--yes", may_fail=True)
    return sorted(set(re.findall(r"^ -  (\S+ \S+) deleting", output, re.MULTILINE))), output


def _resources(states: list[Json]) -> list[Json]:
    """As after a deployment: each resource has an ID, and what was declared of it."""
    provider_id = str(uuid.uuid4())
    resources = [_created(state, provider_id) for state in states]
    (provider,) = {resource["provider"].rpartition("::")[0] for resource in resources if "provider" in resource}
    version = {"version": provider.rpartition("default_")[2].replace("_", ".")}
    own = {"urn": provider, "custom": True, "id": provider_id, "type": "pulumi:providers:gcp"}
    return [resources[0], {**own, "inputs": version, "outputs": version}, *resources[1:]]


def _created(state: Json, provider_id: str) -> Json:
    resource = {name: state[name] for name in _KEPT if name in state}
    if resource["custom"]:
        resource["id"] = resource["urn"].rpartition("::")[2]
        resource["outputs"] = {**resource.get("inputs", {}), "id": resource["id"]}
        resource["provider"] = resource["provider"].replace(_UNKNOWN, provider_id)
    if resource["type"] == "pulumi:pulumi:StackReference":  # which Pulumi itself provides, and does not delete
        del resource["provider"]
        resource["external"] = True
    return resource
