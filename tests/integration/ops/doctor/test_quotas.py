"""The check of the region's quotas against the stack's number of instances."""

from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import PROJECT, REGION


def test_too_many_instances_for_the_cpu_quota_are_a_problem_with_the_number_that_fits(machine: Machine) -> None:
    machine.quota("CpuAllocPerProjectRegion", 1_000)
    message, fix = machine.result("quotas", "problem")
    assert f"2 instances need 2,000 thousandths of a CPU in {REGION}, but 1,000 are allowed" == message
    assert "pulumi config set maxInstances 1 --stack dev" == fix.splitlines()[0]


def test_too_many_instances_for_the_memory_quota_are_a_problem(machine: Machine) -> None:
    machine.quota("MemAllocPerProjectRegion", 600 * 2**20)
    message, _ = machine.result("quotas", "problem")
    assert f"2 instances need 1,073,741,824 bytes of memory in {REGION}, but 629,145,600 are allowed" == message


def test_an_unlimited_quota_is_ok(machine: Machine) -> None:
    for name in ("CpuAllocPerProjectRegion", "MemAllocPerProjectRegion"):
        machine.quota(name, -1)
    assert 2 == machine.doctor().stdout.count("of unlimited")


def test_a_quota_without_a_value_is_unknown(machine: Machine) -> None:
    path = f"cloudquotas/v1/projects/{PROJECT}/locations/global/services/run.googleapis.com/quotaInfos/"
    machine.google.answers["GET", f"{path}CpuAllocPerProjectRegion"] = {}
    assert (f"Google reports no CpuAllocPerProjectRegion for {REGION}", "") == machine.result("quotas", "unknown")
