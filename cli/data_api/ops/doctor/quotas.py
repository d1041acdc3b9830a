"""Checks that the quotas of the project allow the stack's maximum number of instances.

When a service is deployed, Cloud Run compares its maximum size with two quotas of the region, and rejects it if it is
larger ("Max instances must be set to … or fewer"). New projects have small quotas.
"""

from collections.abc import Iterator

from data_api.ops.doctor.check_context import CheckContext
from data_api.ops.google_api import Json
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult

_MEBIBYTE = 2**20
_UNLIMITED = -1


def quotas(context: CheckContext) -> Iterator[CheckResult]:
    """Checks CPU and memory of one function with all its instances: Cloud Run checks each function separately."""
    stack = context.stack
    yield _check(context, "CpuAllocPerProjectRegion", stack.cpu * 1_000, "thousandths of a CPU")
    yield _check(context, "MemAllocPerProjectRegion", stack.memory * _MEBIBYTE, "bytes of memory")


def _check(context: CheckContext, quota: str, per_instance: int, unit: str) -> CheckResult:
    stack = context.stack
    path = f"/v1/projects/{stack.project}/locations/global/services/run.googleapis.com/quotaInfos/{quota}"
    limit = _limit(context.google.get("cloudquotas", path), stack.region)
    needed = per_instance * stack.max_instances
    if limit is None:
        return CheckResult("quotas", UNKNOWN, f"Google reports no {quota} for {stack.region}")
    if limit == _UNLIMITED or needed <= limit:
        return CheckResult("quotas", OK, f"{needed:,} of {_number(limit)} {unit}")
    message = f"{stack.max_instances} instances need {needed:,} {unit} in {stack.region}, but {limit:,} are allowed"
    console = f"https://console.cloud.google.com/iam-admin/quotas?project={stack.project}"
    fewer = f"pulumi config set maxInstances {max(1, limit // per_instance)} --stack {stack.name}"
    return CheckResult("quotas", PROBLEM, message, f"{fewer}\n# or request more {quota}: {console}")


def _limit(info: Json, region: str) -> int | None:
    """The limit of this region, else the general one; None if there is neither."""
    entries = info.get("dimensionsInfos", [])
    of_region = [entry for entry in entries if region in entry.get("applicableLocations", [])]
    of_region.sort(key=lambda info: "region" not in info.get("dimensions", {}))
    value = next((info.get("details", {}).get("value") for info in of_region), None)
    return None if value is None else int(value)


def _number(limit: int) -> str:
    return "unlimited" if limit == _UNLIMITED else f"{limit:,}"
