"""Rehearses a deployment: runs a Pulumi program of `infra` against mocks and keeps all that it asks for.

Owns what the cloud would answer, and a stack's configuration as Pulumi would compose it: the defaults of Pulumi.yaml
and Pulumi.<stack>.yaml upon them. The mocks check no enumeration and no required field; that takes a real preview:
`engine`.
"""

import json
import runpy
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp
import yaml
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.stack import Stack

ROOT = Path(__file__).parent.parent
PROJECT = "a-project"
OPERATOR = {"gcp:project": PROJECT, "gcp:region": "europe-west1"}  # what the operator has to say
OWNER = {**OPERATOR, "data-api-bootstrap:repositoryId": "1234", "data-api-bootstrap:ownerId": "56"}  # to bootstrap

FUNCTION = "gcp:cloudfunctionsv2/function:Function"

_POOL = "projects/1234567890/locations/global/workloadIdentityPools/data-api"

Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource that the program has asked for."""

    urn: str
    type: str
    name: str
    inputs: Json
    protected: bool
    waits_for: frozenset[str]  # URNs
    replaced_with: frozenset[str]  # URNs
    parent: str  # URN


@dataclass(frozen=True)
class Rehearsal:
    """All that one run has asked for, in the order of asking, and what it has exported."""

    resources: list[Resource] = field(default_factory=list)
    outputs: Json = field(default_factory=dict)
    secret_outputs: set[str] = field(default_factory=set)  # names of those that Pulumi keeps encrypted

    def all(self, type_: str) -> list[Resource]:
        """The resources of a type."""
        return [each for each in self.resources if each.type == type_]

    def one(self, type_: str, name: str) -> Resource:
        """The only resource of this type and name."""
        (found,) = [each for each in self.all(type_) if each.name == name]
        return found

    def environment(self, function: str) -> dict[str, str]:
        """What a function finds in its environment."""
        found: dict[str, str] = self.one(FUNCTION, function).inputs["serviceConfig"]["environmentVariables"]
        return found


def rehearse(stack: str, said: Mapping[str, str] = OPERATOR, *, preview: bool = False, root: Path = ROOT) -> Rehearsal:
    """Runs the program for a stack of which `said` is said beyond its file."""
    return run(root / "infra", "data-api", stack, {**stack_configuration(stack), **said}, preview=preview)


def rehearse_bootstrap(said: Mapping[str, str] = OWNER, *, preview: bool = False) -> Rehearsal:
    """Runs the program that prepares a project, of which `said` is said beyond the defaults."""
    program = ROOT / "infra" / "bootstrap"
    configuration = {**defaults(program / "Pulumi.yaml"), **said}
    return run(program / "main.py", "data-api-bootstrap", "project", configuration, preview=preview)


def run(program: Path, project: str, stack: str, configuration: Mapping[str, str], *, preview: bool) -> Rehearsal:
    """Runs a program as Pulumi would, if the cloud were as `_Cloud` says."""
    rehearsal = Rehearsal()
    monitor = _Monitor(_Cloud(preview=preview), rehearsal.resources)
    pulumi.runtime.set_mocks(monitor.mocks, project=project, stack=stack, preview=preview, monitor=monitor)
    pulumi.runtime.set_all_config(dict(configuration))
    with warnings.catch_warnings():
        # pulumi_gcp warns, of a function of its own whose name is misspelled, whoever imports its storage module.
        warnings.filterwarnings("ignore", "gcp.storage.getTransferProjectServieAccount", DeprecationWarning)
        _ = pulumi_gcp.storage.Bucket  # pulumi_gcp imports its modules when they are used

    def execute() -> pulumi.Output[None]:
        runpy.run_path(str(program), run_name="__main__")
        executed = pulumi.runtime.get_root_resource()
        assert isinstance(executed, Stack)
        exported = pulumi.Output.all(**executed.outputs).apply(rehearsal.outputs.update)
        secret = pulumi.Output.from_input(_secrets(executed.outputs)).apply(rehearsal.secret_outputs.update)
        return pulumi.Output.all(exported, secret).apply(lambda _: None)

    pulumi.runtime.test(execute)()  # type: ignore[no-untyped-call]  # pulumi's; it waits until all is registered
    return rehearsal


def address(function: str) -> str:
    """What the cloud would call a function; `function` is its whole name."""
    return f"https://{function}-x.a.run.app"


def account(name: str, stack: str) -> str:
    """The e-mail of a service account."""
    return f"data-api-{stack}-{name}@{PROJECT}.iam.gserviceaccount.com"


def stack_configuration(stack: str) -> dict[str, str]:
    """What Pulumi.yaml and the stack's own file say, in the text form in which programs get it."""
    said = {key: _text(value) for key, value in stack_file(stack).items()}
    return {**defaults(ROOT / "Pulumi.yaml"), **said}


def defaults(project: Path) -> dict[str, str]:
    """What a Pulumi.yaml says for stacks that say nothing, in the text form in which programs get it."""
    declared = yaml.safe_load(project.read_text())
    return {
        f"{declared['name']}:{key}": _text(setting["default"])
        for key, setting in declared["config"].items()
        if "default" in setting
    }


def stack_file(stack: str) -> Json:
    """What the stack's own file says."""
    said: Json = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return said


async def _secrets(outputs: Mapping[str, Any]) -> set[str]:
    return {name for name, each in outputs.items() if await pulumi.Output.from_input(each).is_secret()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class _Cloud(Mocks):
    """Answers as the cloud would; in a preview it knows nothing that creating alone can tell."""

    def __init__(self, *, preview: bool) -> None:
        self._preview = preview

    def call(self, args: MockCallArgs) -> tuple[Json, None]:
        raise AssertionError(f"{args.token} would need the cloud at preview")

    def new_resource(self, args: MockResourceArgs) -> tuple[str, Json]:
        if self._preview:
            return "", {**args.inputs, **_unknown(args)}
        name = args.inputs.get("name", args.name)
        return f"{args.name}-id", {**args.inputs, "name": name, **_computed(args.typ, name, args.inputs)}


def _unknown(args: MockResourceArgs) -> Json:
    """The address of a function: what else only creating tells is missing, which means the same."""
    return {"serviceConfig": {**args.inputs["serviceConfig"], "uri": rpc.UNKNOWN}} if args.typ == FUNCTION else {}


def _computed(type_: str, name: str, inputs: Json) -> Json:
    """What creating a resource tells of it."""
    email = f"{inputs.get('accountId')}@{PROJECT}.iam.gserviceaccount.com"
    told: dict[str, Json] = {
        FUNCTION: {"serviceConfig": {**inputs.get("serviceConfig", {}), "uri": address(name)}},
        "gcp:apigateway/gateway:Gateway": {"defaultHostname": "gateway.example"},
        "gcp:projects/iAMCustomRole:IAMCustomRole": {"name": f"projects/{PROJECT}/roles/{inputs.get('roleId')}"},
        "gcp:projects/serviceIdentity:ServiceIdentity": {"member": f"serviceAccount:agent-of-{inputs.get('service')}"},
        "gcp:serviceaccount/account:Account": {"email": email, "member": f"serviceAccount:{email}"},
        "gcp:storage/bucketObject:BucketObject": {"outputName": name},
        "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": {"name": _POOL},
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": {"name": f"{_POOL}/providers/github"},
    }
    return told.get(type_, {})


class _Monitor(MockMonitor):
    """Keeps the options of resources too, which mocks do not see."""

    def __init__(self, mocks: Mocks, resources: list[Resource]) -> None:
        super().__init__(mocks)
        self._kept = resources

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802  gRPC's name, and types made at run time
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # pulumi's
        if request.type != "pulumi:pulumi:Stack":
            self._kept.append(
                Resource(
                    response.urn,
                    request.type,
                    request.name,
                    rpc.deserialize_properties(request.object),
                    request.protect,
                    frozenset(request.dependencies),
                    frozenset(request.replace_with),
                    request.parent,
                )
            )
        return response
