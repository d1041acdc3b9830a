"""Checks that the project may have as many instances as the stack asks for.

Cloud Run compares the largest size of each service with two quotas of the region when it is deployed, and refuses
it ("Max instances must be set to … or fewer"); new projects have little.
"""

from collections.abc import Iterator

from data_api.ops.doctor.check_context import CheckContext
from data_api.ops.google_api import Json
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult

_MEBIBYTE = 2**20
_UNLIMITED = -1


def quotas(context: CheckContext) -> Iterator[CheckResult]:
    """CPU and memory of one function at its largest: Cloud Run compares each function on its own."""
    stack = context.stack
    yield _compared(context, "CpuAllocPerProjectRegion", stack.cpu * 1_000, "thousandths of a CPU")
    yield _compared(context, "MemAllocPerProjectRegion", stack.memory * _MEBIBYTE, "bytes of memory")


def _compared(context: CheckContext, quota: str, per_instance: int, unit: str) -> CheckResult:
    stack = context.stack
    path = f"/v1/projects/{stack.project}/locations/global/services/run.googleapis.com/quotaInfos/{quota}"
    limit = _limit(context.google.get("cloudquotas", path), stack.region)
    wanted = per_instance * stack.max_instances
    if limit is None:
        return CheckResult("quotas", UNKNOWN, f"Google names no {quota} for {stack.region}")
    if limit == _UNLIMITED or wanted <= limit:
        return CheckResult("quotas", OK, f"{wanted:,} of {_number(limit)} {unit}")
    message = f"{stack.max_instances} instances need {wanted:,} {unit} in {stack.region}, and {limit:,} are allowed"
    console = f"https://console.cloud.google.com/iam-admin/quotas?project={stack.project}"
    fewer = f"pulumi config set maxInstances {max(1, limit // per_instance)} --stack {stack.name}"
    return CheckResult("quotas", PROBLEM, message, f"{fewer}\n# or ask for more {quota}: {console}")


def _limit(info: Json, region: str) -> int | None:
    """The region's own, else what holds for all others."""
    entries = info.get("dimensionsInfos", [])
    of_region = [entry for entry in entries if region in entry.get("applicableLocations", [])]
    of_region.sort(key=lambda info: "region" not in info.get("dimensions", {}))
    value = next((info.get("details", {}).get("value") for info in of_region), None)
    return None if value is None else int(value)


def _number(limit: int) -> str:
    return "unlimited" if limit == _UNLIMITED else f"{limit:,}"
