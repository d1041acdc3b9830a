"""Compares the code that the functions of a deployment run with the code that should run.

Each build has a name, which infra/deployment/build.py makes: an archive and a time. The stack exports the name when
all functions are deployed. Each revision that a build results in has the name in its environment, which is read from
Cloud Run: a function whose build failed keeps the revision, and the name, of the build before.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from data_api.ops import pulumi_cli
from data_api.ops.dependencies import Dependencies
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google, Json, connected
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult
from data_api.shared.errors import CliError

NAME = "functions"  # of the results
VARIABLE = "BUILD"
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Builds:
    """What the last successful deployment of a stack has exported. `build` is empty before there was one."""

    stack: str
    project: str
    region: str
    functions: Mapping[str, str]  # names in the cloud, by their short names
    build: str

    @property
    def archive(self) -> str:
        """The archive of the build."""
        return self.build.partition(" ")[0]


def exported_builds(outputs: Mapping[str, Any], stack: str) -> Builds | None:
    """None for a stack that was never deployed to the end."""
    if not all(name in outputs for name in ("project", "region", "functions")):
        return None
    return Builds(stack, outputs["project"], outputs["region"], outputs["functions"], str(outputs.get("build", "")))


def archive_of_checkout(dependencies: Dependencies) -> str:
    """The archive that a deployment of these files would have; raises CliError."""
    command = [sys.executable, "-m", "deployment.archive", "--name"]
    ended = dependencies.run(command, {"PYTHONPATH": str(dependencies.root / "infra")})
    if ended.exit_code:
        raise CliError(f"The archive of functions/ cannot be made: {ended.stderr.strip()}")
    return ended.stdout.strip()


def check_builds(google: Google, builds: Builds) -> Iterator[CheckResult]:
    """A result for each function; raises GoogleError."""
    for short_name, name in builds.functions.items():
        yield _check(google, builds, short_name, name)


def stack_builds(dependencies: Dependencies, stack: str) -> Iterator[CheckResult]:
    """Compares with the files of this checkout, too; unknown if Pulumi or Google does not answer."""
    try:
        authorization = dependencies.authorization("")
        authorization.headers()
        with connected(authorization, dependencies.pause, dependencies.address) as google:
            yield from _check_stack(dependencies, google, stack)
    except CliError as error:
        yield CheckResult(NAME, UNKNOWN, f"not checked: {error.message}")


def _check_stack(dependencies: Dependencies, google: Google, stack: str) -> Iterator[CheckResult]:
    builds = exported_builds(pulumi_cli.outputs(dependencies, stack), stack)
    if builds is None:
        raise CliError(f"The stack {stack} does not say what its functions are: `pulumi up --stack {stack}`.")
    archive = archive_of_checkout(dependencies)
    if builds.archive != archive:
        message = f"{stack} was deployed with {builds.archive or 'an unknown archive'}, and this checkout is {archive}"
        fix = f"# or run this in the commit that is deployed:\npulumi up --stack {stack}"
        yield CheckResult(NAME, PROBLEM, message, fix)
    yield from check_builds(google, builds)


def _check(google: Google, builds: Builds, short_name: str, name: str) -> CheckResult:
    again = f"pulumi up --stack {builds.stack}"
    try:
        function = google.get(
            "cloudfunctions", f"/v2/projects/{builds.project}/locations/{builds.region}/functions/{name}"
        )
    except GoogleError as error:
        if error.status != _NOT_FOUND:
            raise
        return CheckResult(NAME, PROBLEM, f"{short_name} does not exist", f"{again} --refresh")
    service = function.get("serviceConfig", {}).get("service")
    state = function.get("state", "UNKNOWN")
    if not service or state in ("FAILED", "UNKNOWN"):
        return CheckResult(NAME, PROBLEM, f"{short_name} is {state}: {_reasons(function)}", again)
    running = _running_build(google, service)
    if running == builds.build:
        return CheckResult(NAME, OK, f"{short_name} runs {running}")
    message = (
        f"{short_name} runs {running or 'an unknown build'}, and the last deployment built {builds.build or 'none'}"
    )
    return CheckResult(NAME, PROBLEM, message, f"{again} --refresh")


def _running_build(google: Google, service: str) -> str:
    """The build of the newest revision that is ready, which is the one that serves; empty if it has no name."""
    revision = google.get("run", f"/v2/{service}").get("latestReadyRevision", "")
    if not revision:
        return ""
    containers = google.get("run", f"/v2/{revision}").get("containers", [])
    variables = {variable["name"]: variable.get("value", "") for c in containers for variable in c.get("env", [])}
    return str(variables.get(VARIABLE, ""))


def _reasons(function: Json) -> str:
    messages = [str(message.get("message", "")) for message in function.get("stateMessages", [])]
    return " ".join(filter(None, messages)) or "its last build failed"
