"""What infra/bootstrap needs to be told, and what it has created for a stack of the pipeline.

Owns the form of its outputs, and how the numbers of the repository are found.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data_api.ops.dependencies import Dependencies
from data_api.ops.init.changes import Change
from data_api.ops.init.questions import Form, Questions
from data_api.ops.init.settings import Settings, set_value
from data_api.shared.errors import CliError

FOLDER, STACK = "infra/bootstrap", "project"
PROGRAM = "data-api-bootstrap"  # its name in infra/bootstrap/Pulumi.yaml
_NUMBERS = ["gh", "api", "repos/{owner}/{repo}", "--jq", '"\\(.id) \\(.owner.id)"']
_NUMBER = Form(re.compile(r"[1-9]\d*"), "a number above 0")
_LOCATION = re.compile(r"/locations/([a-z0-9-]+)/")


@dataclass(frozen=True, slots=True)
class PipelineStack:
    """What the preparation has created for one stack."""

    project: str
    region: str
    backend: str
    secrets_provider: str
    deployer: str  # a member in IAM's syntax


def read_outputs(file: Path, stack: str) -> PipelineStack:
    """Of `pulumi -C infra/bootstrap stack output --json`; raises CliError."""
    try:
        outputs = json.loads(file.read_text(encoding="utf-8"))
        provider = str(outputs["secretsProviders"][stack])
        deployer = str(outputs["environmentVariables"][stack]["DEPLOYER"])
        backend = str(outputs["states"][stack])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CliError(
            f"{file} does not have what the preparation created for {stack} ({error}): write it with "
            f"`pulumi -C {FOLDER} stack output --json > {file}`."
        ) from error
    location = _LOCATION.search(provider)
    project = deployer.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
    return PipelineStack(project, location[1] if location else "", backend, provider, f"serviceAccount:{deployer}")


def changes(
    dependencies: Dependencies,
    questions: Questions,
    existing: Settings,
    place: Mapping[str, str],
    numbers: tuple[str, str],
) -> Iterator[Change]:
    """Its stack and its settings. `place` has project and region by their keys; raises UsageError."""
    repository, owner = numbers if all(numbers) else _numbers(dependencies, existing)
    values = {
        **place,
        "repositoryId": questions.value(
            "The number of the repository", "--repository-id", _NUMBER, known=numbers[0] or repository
        ),
        "ownerId": questions.value(
            "The number of the repository's owner", "--owner-id", _NUMBER, known=numbers[1] or owner
        ),
    }
    program = ("pulumi", "-C", FOLDER)
    yield Change((*program, "stack", "select", STACK, "--create"), "The preparation has a stack of its own.")
    for key, value in values.items():
        full_key = key if ":" in key else f"{PROGRAM}:{key}"
        yield from set_value(existing, full_key, value, STACK, program, name=key)


def _numbers(dependencies: Dependencies, existing: Settings) -> tuple[str, str]:
    """Of repository and owner, as they are set, else as GitHub says them; empty if neither is known."""
    repository, owner = (str(existing.get(f"{PROGRAM}:{key}") or "") for key in ("repositoryId", "ownerId"))
    if repository and owner:
        return repository, owner
    completed = dependencies.run(_NUMBERS)
    words = completed.stdout.split() if completed.exit_code == 0 else []
    return (words[0], words[1]) if len(words) == 2 else ("", "")  # noqa: PLR2004 - repository and owner
