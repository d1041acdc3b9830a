"""Answers a Pulumi program as Google Cloud would.

The mocks check no enumeration and no required field. A real preview does: `pulumi_preview`.
"""

from typing import Any

from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from tests.support.infra.recorded_deployment import Json, Resource
from tests.support.infra.resource_types import DNS_AUTHORIZATION, FUNCTION

PROJECT, NUMBER = "a-project", "123456789012"
_POOL = f"projects/{NUMBER}/locations/global/workloadIdentityPools/data-api"


def address(function: str) -> str:
    """The URL of a function, by its full name."""
    return f"https://{function}-x.a.run.app"


def service(function: str) -> str:
    """The Cloud Run service of a function, by the function's full name."""
    return f"projects/{PROJECT}/locations/europe-west1/services/{function}"


def account(name: str, stack: str) -> str:
    """The email address of a service account."""
    return f"data-api-{stack}-{name}@{PROJECT}.iam.gserviceaccount.com"


def agent(domain: str) -> str:
    """A service agent of Google in the project, as a member of a grant."""
    return f"serviceAccount:service-{NUMBER}@{domain}.iam.gserviceaccount.com"


class Cloud(Mocks):
    """Answers as Google Cloud would; in a preview without the values that are known only after creation."""

    def __init__(self, *, preview: bool, last_outputs: Json) -> None:
        self._preview = preview
        self._last_outputs = last_outputs

    def call(self, args: MockCallArgs) -> tuple[Json, None]:
        raise AssertionError(f"{args.token} would need Google Cloud in a preview")

    def new_resource(self, args: MockResourceArgs) -> tuple[str, Json]:
        args.inputs = _without_mark(args.inputs)
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {**args.inputs, "outputs": self._last_outputs, "secretOutputNames": []}
        if self._preview:
            return "", {**args.inputs, **_unknown(args)}
        name = args.inputs.get("name", args.name)
        return f"{args.name}-id", {**args.inputs, "name": name, **_computed(args.typ, name, args.inputs)}


def _without_mark(inputs: Json) -> Json:
    """Of a function with a secret in its environment Pulumi's Python library marks the whole service configuration."""
    marked = inputs.get("serviceConfig")
    is_marked = isinstance(marked, dict) and rpc._special_sig_key in marked  # noqa: SLF001  pulumi has no public name
    return {**inputs, "serviceConfig": marked["value"]} if is_marked and marked else inputs


def _unknown(args: MockResourceArgs) -> Json:
    """Parts of values. Other values that are known only after creation are missing, which means the same."""
    if args.typ == FUNCTION:
        return {"serviceConfig": {**args.inputs["serviceConfig"], "uri": rpc.UNKNOWN, "service": rpc.UNKNOWN}}
    return {"dnsResourceRecords": rpc.UNKNOWN} if args.typ == DNS_AUTHORIZATION else {}


def _computed(type_: str, name: str, inputs: Json) -> Json:
    """The outputs of a resource that are known after creation."""
    email = f"{inputs.get('accountId')}@{PROJECT}.iam.gserviceaccount.com"
    results: dict[str, Json] = {
        FUNCTION: {
            "serviceConfig": {**inputs.get("serviceConfig", {}), "uri": address(name), "service": service(name)}
        },
        "gcp:apigateway/api:Api": {"managedService": "the-api.apigateway.example"},
        "gcp:apigateway/gateway:Gateway": {"defaultHostname": "gateway.example"},
        DNS_AUTHORIZATION: {"dnsResourceRecords": [{"name": "_acme.example.", "type": "CNAME", "data": "proof."}]},
        "gcp:compute/globalAddress:GlobalAddress": {"address": f"address of {name}"},
        "gcp:projects/apiKey:ApiKey": {"keyString": "a-key"},
        "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": {"name": _POOL},
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": {"name": f"{_POOL}/providers/github"},
        "gcp:monitoring/notificationChannel:NotificationChannel": {"name": f"projects/{PROJECT}/channels/of-{name}"},
        "gcp:monitoring/slo:Slo": {
            "name": f"projects/1234/services/of-it/serviceLevelObjectives/{inputs.get('sloId')}"
        },
        "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": {"uptimeCheckId": "the-check"},
        "gcp:projects/iAMCustomRole:IAMCustomRole": {"name": f"projects/{PROJECT}/roles/{inputs.get('roleId')}"},
        "gcp:projects/serviceIdentity:ServiceIdentity": _service_agent(inputs.get("service", "")),
        "gcp:serviceaccount/account:Account": {"email": email, "member": f"serviceAccount:{email}"},
        "gcp:storage/bucket:Bucket": {"projectNumber": 1234},
        "gcp:storage/bucketObject:BucketObject": {"outputName": name},
    }
    return results.get(type_, {})


def _service_agent(service: str) -> Json:
    """What Google returns: https://github.com/hashicorp/terraform-provider-google/issues/18649."""
    name = service.removesuffix(".googleapis.com")
    return {} if name == "storage" else {"member": agent(f"gcp-sa-{name}")}


class Monitor(MockMonitor):
    """Records the options of resources too, which mocks do not get."""

    def __init__(self, mocks: Mocks, resources: list[Resource]) -> None:
        super().__init__(mocks)
        self._resources = resources

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802  gRPC's name, and types made at run time
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # pulumi's
        if request.type != "pulumi:pulumi:Stack":
            self._resources.append(
                Resource(
                    response.urn,
                    request.type,
                    request.name,
                    _without_mark(rpc.deserialize_properties(request.object)),
                    request.protect,
                    request.deleteBeforeReplace,
                    frozenset(request.dependencies),
                    frozenset(request.replace_with),
                    request.parent,
                    frozenset([*request.hooks.after_create, *request.hooks.on_error]),
                )
            )
        return response
