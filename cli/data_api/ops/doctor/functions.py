"""Checks that each function of a deployed stack runs what the last deployment built."""

from collections.abc import Iterator

from data_api.ops import pulumi_cli
from data_api.ops.builds import check_builds, exported_builds
from data_api.ops.doctor.check_context import CheckContext
from data_api.shared.check_result import UNKNOWN, CheckResult
from data_api.shared.errors import CliError


def functions(context: CheckContext) -> Iterator[CheckResult]:
    """Nothing before the first deployment has ended: then there is nothing to compare with."""
    try:
        outputs = pulumi_cli.outputs(context.dependencies, context.stack.name)
    except CliError:
        yield CheckResult("functions", UNKNOWN, "not checked: Pulumi does not say what is deployed")
        return
    if builds := exported_builds(outputs, context.stack.name):
        yield from check_builds(context.google, builds)
