"""Rehearses a deployment: runs a Pulumi program of `infra` against mocks and keeps all that it asks for.

Owns what the cloud would answer, and a stack's configuration as Pulumi would compose it: the defaults of Pulumi.yaml
and Pulumi.<stack>.yaml upon them. The mocks check no enumeration and no required field; that takes a real preview:
`engine`.
"""

import asyncio
import json
import runpy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp
import yaml
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.stack import Stack

ROOT = Path(__file__).parents[3]
PROJECT, NUMBER = "a-project", "123456789012"
OPERATOR = {"gcp:project": PROJECT, "gcp:region": "europe-west1"}  # what the operator has to say
FULL = {  # and more, which no stack has unasked
    **OPERATOR,
    "data-api:customerManagedKeys": "true",
    "data-api:databaseKey": "true",
    "data-api:quotaPerMinute": "600",
    "data-api:retentionDays": "30",
    "data-api:tracePercent": "10",
}
# Who may call, who is told, and what else nobody can ship. All other settings say what a stack consists of.
OPERATORS_OWN = {
    f"data-api:{key}"
    for key in (
        *("audiences", "corsOrigins", "grants", "identityPlatformProject", "tester"),
        *("alertEmails", "alertPagerDutyKey", "alertSlackChannel", "alertSlackToken", "alertWebhook", "runbooks"),
        *("billingAccount", "budget", "database"),
    )
}
OWNER = {**OPERATOR, "data-api-bootstrap:repositoryId": "1234", "data-api-bootstrap:ownerId": "56"}  # to bootstrap

FUNCTION = "gcp:cloudfunctionsv2/function:Function"
_POOL = f"projects/{NUMBER}/locations/global/workloadIdentityPools/data-api"

Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource that the program has asked for."""

    urn: str
    type: str
    name: str
    inputs: Json
    protected: bool
    deletes_first: bool  # when it is replaced
    waits_for: frozenset[str]  # URNs
    replaced_with: frozenset[str]  # URNs
    parent: str  # URN


@dataclass(frozen=True)
class RecordedDeployment:
    """All that one run has asked for, in the order of asking, and what it has exported."""

    resources: list[Resource] = field(default_factory=list)
    outputs: Json = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)  # names of outputs

    def all(self, type_: str) -> list[Resource]:
        """The resources of a type."""
        return [resource for resource in self.resources if resource.type == type_]

    def one(self, type_: str, name: str) -> Resource:
        """The only resource of this type and name."""
        (result,) = [resource for resource in self.all(type_) if resource.name == name]
        return result

    def keep(self, outputs: Json, secret: Mapping[str, bool]) -> None:
        """What is exported when the program has ended."""
        self.outputs.update(outputs)
        self.secrets.update(name for name, is_secret in secret.items() if is_secret)

    def environment(self, function: str) -> dict[str, str]:
        """What a function finds in its environment."""
        result: dict[str, str] = self.one(FUNCTION, function).inputs["serviceConfig"]["environmentVariables"]
        return result


def run_program(
    stack: str,
    said: Mapping[str, str] = OPERATOR,
    *,
    secrets: Sequence[str] = (),
    preview: bool = False,
    root: Path = ROOT,
) -> RecordedDeployment:
    """Runs the program for a stack of which `said` is said beyond its file, some of it in `secrets`."""
    pulumi.runtime.set_all_config({**stack_configuration(stack), **said}, [*secrets])
    return _rehearsed(root / "infra", "data-api", stack, preview=preview)


def run_bootstrap_program(said: Mapping[str, str] = OWNER, *, preview: bool = False) -> RecordedDeployment:
    """Runs the program that prepares a project, of which `said` is said beyond the defaults."""
    program = ROOT / "infra" / "bootstrap"
    pulumi.runtime.set_all_config({**defaults(program / "Pulumi.yaml"), **said})
    return _rehearsed(program, "data-api-bootstrap", "project", preview=preview)


def _rehearsed(path: Path, project: str, stack: str, *, preview: bool) -> RecordedDeployment:
    rehearsal = RecordedDeployment()
    with event_loops():
        monitor = _Monitor(_Cloud(preview=preview), rehearsal.resources)
        pulumi.runtime.set_mocks(monitor.mocks, project=project, stack=stack, preview=preview, monitor=monitor)
        pulumi.runtime.test(lambda: _run(path, rehearsal))()  # type: ignore[no-untyped-call]  # pulumi's; it waits until all is registered
    return rehearsal


@contextmanager
def event_loops() -> Iterator[None]:
    """One for Pulumi and one for each of its threads; what it finds none of, it makes itself, and leaves open."""
    made: list[asyncio.AbstractEventLoop] = []

    def make() -> asyncio.AbstractEventLoop:
        made.append(asyncio.new_event_loop())
        asyncio.set_event_loop(made[-1])
        return made[-1]

    loop = make()
    threads = ThreadPoolExecutor(initializer=make)
    loop.set_default_executor(threads)
    try:
        yield
    finally:
        loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop)))  # outputs that nobody has asked for
        threads.shutdown()
        asyncio.set_event_loop(None)
        for each in made:
            each.close()


def _run(path: Path, rehearsal: RecordedDeployment) -> "pulumi.Output[None]":
    with warnings.catch_warnings():
        # pulumi_gcp warns, of names of its own, whoever imports these modules of it, which it does when they are used.
        warnings.filterwarnings("ignore", r"gcp\.\w+\.\w+ has been deprecated", DeprecationWarning)
        _ = pulumi_gcp.storage.Bucket, pulumi_gcp.compute.Network, pulumi_gcp.monitoring.Slo
    program = pulumi.runtime.get_root_resource()
    assert isinstance(program, Stack)
    program.outputs.clear()  # there is one in a process, with what the rehearsal before has exported
    program._transformations = []  # noqa: SLF001  as above
    runpy.run_path(str(path), run_name="__main__")
    secret = {name: _is_secret(output) for name, output in program.outputs.items()}
    return pulumi.Output.all(pulumi.Output.all(**program.outputs), pulumi.Output.all(**secret)).apply(
        lambda told: rehearsal.keep(*told)
    )


def address(function: str) -> str:
    """What the cloud would call a function; `function` is its whole name."""
    return f"https://{function}-x.a.run.app"


def account(name: str, stack: str) -> str:
    """The e-mail of a service account."""
    return f"data-api-{stack}-{name}@{PROJECT}.iam.gserviceaccount.com"


def agent(domain: str) -> str:
    """One of Google's own identities in the project, as a grant names it."""
    return f"serviceAccount:service-{NUMBER}@{domain}.iam.gserviceaccount.com"


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
    """What the stack's own file says, but for what its operator alone knows."""
    return as_shipped(yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"])


def as_shipped(said: Json) -> Json:
    """Without what operators add: they commit their stacks' files, and the tests have to pass after that as before."""
    return {key: value for key, value in said.items() if not key.startswith("gcp:") and key not in OPERATORS_OWN}


def _is_secret(output: object) -> pulumi.Input[bool]:
    return pulumi.Output.from_input(output.is_secret()) if isinstance(output, pulumi.Output) else False


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
    results: dict[str, Json] = {
        FUNCTION: {"serviceConfig": {**inputs.get("serviceConfig", {}), "uri": address(name)}},
        "gcp:apigateway/api:Api": {"managedService": "the-api.apigateway.example"},
        "gcp:apigateway/gateway:Gateway": {"defaultHostname": "gateway.example"},
        "gcp:projects/apiKey:ApiKey": {"keyString": "a-key"},
        "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": {"name": _POOL},
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": {"name": f"{_POOL}/providers/github"},
        "gcp:monitoring/notificationChannel:NotificationChannel": {"name": f"projects/{PROJECT}/channels/of-{name}"},
        "gcp:monitoring/slo:Slo": {
            "name": f"projects/1234/services/of-it/serviceLevelObjectives/{inputs.get('sloId')}"
        },
        "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": {"uptimeCheckId": "the-check"},
        "gcp:projects/iAMCustomRole:IAMCustomRole": {"name": f"projects/{PROJECT}/roles/{inputs.get('roleId')}"},
        "gcp:projects/serviceIdentity:ServiceIdentity": _told_of_agent(inputs.get("service", "")),
        "gcp:serviceaccount/account:Account": {"email": email, "member": f"serviceAccount:{email}"},
        "gcp:storage/bucket:Bucket": {"projectNumber": 1234},
        "gcp:storage/bucketObject:BucketObject": {"outputName": name},
    }
    return results.get(type_, {})


def _told_of_agent(service: str) -> Json:
    """As much as Google tells: https://github.com/hashicorp/terraform-provider-google/issues/18649."""
    name = service.removesuffix(".googleapis.com")
    return {} if name == "storage" else {"member": agent(f"gcp-sa-{name}")}


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
                    request.deleteBeforeReplace,
                    frozenset(request.dependencies),
                    frozenset(request.replace_with),
                    request.parent,
                )
            )
        return response
