"""Plans the configuration of one stack: where its state is, what it is told, which services it needs.

Owns the order of the commands, the defaults, and when each choice is offered.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data_api.ops import pulumi_cli
from data_api.ops.dependencies import Dependencies
from data_api.ops.doctor.check_context import enable
from data_api.ops.doctor.project import enabled_services, needed_services
from data_api.ops.doctor.quota_project import services_that_need_one
from data_api.ops.doctor.quota_project import settings as quota_settings
from data_api.ops.google_api import connected
from data_api.ops.init.account import own_member
from data_api.ops.init.changes import Change
from data_api.ops.init.questions import Form, Questions
from data_api.ops.init.settings import (
    Settings,
    add_alert_emails,
    add_gcloud_audience,
    add_grants,
    has_grants,
    set_value,
)
from data_api.ops.pulumi_stack import Stack, planned_stack
from data_api.shared.errors import CliError
from data_api.shared.printable import printable

# As infra/deployment/configuration has them: what `pulumi up` would reject is rejected before anything is written.
STACK = Form(
    re.compile(r"[a-z](?:[a-z0-9-]{0,7}[a-z0-9])?"),
    "the name of a stack: up to 9 of a-z, 0-9 and -, as in dev",
)
PROJECT = Form(re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]"), "the id of a project")
REGION = Form(re.compile(r"[a-z]+-[a-z]+[0-9]+"), "a region, as in europe-west1")
MEMBER = Form(
    re.compile(r"(?:user|serviceAccount|domain):[^\s:]+|allAuthenticatedUsers"),
    "a member in IAM's syntax, as in user:ada@example.com",
)
EMAIL = Form(re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "an e-mail address")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say of a stack; empty or None if they say nothing."""

    stack: str
    project: str
    region: str
    members: tuple[str, ...]
    gcloud_audience: bool | None
    secrets_provider: str
    alert_emails: tuple[str, ...] = ()
    is_of_pipeline: bool = False  # then a service account deploys it, which needs no quota project


def place(questions: Questions, existing: Settings, project: str, region: str) -> dict[str, str]:
    """Project and region by their keys: of the options, of the file, or as a person says; raises UsageError."""
    known = {key: str(existing.get(key) or "") for key in ("gcp:project", "gcp:region")}
    return {
        "gcp:project": questions.value(
            "The id of the Google Cloud project", "--project", PROJECT, known=project or known["gcp:project"]
        ),
        "gcp:region": questions.value(
            "The region, one with API Gateway, as in europe-west1",
            "--region",
            REGION,
            known=region or known["gcp:region"],
        ),
    }


def changes(
    dependencies: Dependencies, questions: Questions, existing: Settings, wanted: Wanted, backend: str
) -> Iterator[Change]:
    """The commands after the sign-in; raises ClickException."""
    stack = planned_stack(dependencies.root, wanted.stack)
    where = place(questions, existing, wanted.project, wanted.region)
    members = _members(dependencies, questions, existing, wanted)
    emails = _alert_emails(dependencies, questions, stack, wanted)
    yield _selection(dependencies, wanted, backend)
    for key, value in where.items():
        yield from set_value(existing, key, value, wanted.stack)
    if wanted.is_of_pipeline and not existing.get("data-api:prepared"):
        yield from set_value(existing, "data-api:prepared", "true", wanted.stack)
    yield from add_grants(existing, members, wanted.stack)
    yield from add_alert_emails(existing, emails, wanted.stack)
    if _accepts_gcloud(questions, wanted, members, stack):
        yield from add_gcloud_audience(existing, wanted.stack)
    if services_that_need_one(stack) and not wanted.is_of_pipeline and _is_person(dependencies):
        for key, value in quota_settings(where["gcp:project"]):
            yield from set_value(existing, key, value, wanted.stack)
    yield from _services(dependencies, stack, where["gcp:project"])


def _selection(dependencies: Dependencies, wanted: Wanted, backend: str) -> Change:
    """Creates the stack if it is not there. How its secrets are encrypted is decided then."""
    command = ("pulumi", "stack", "select", wanted.stack, "--create")
    if wanted.secrets_provider:
        reason = "Secrets are encrypted with this key: nobody has to type a passphrase."
        return Change((*command, "--secrets-provider", wanted.secrets_provider), reason)
    if backend.startswith("https://"):
        return Change(command, "Pulumi Cloud encrypts the secrets.")
    if any(name in dependencies.environ for name in pulumi_cli.PASSPHRASES):
        return Change(command, "Secrets are encrypted with the passphrase in your environment.")
    return Change(
        command,
        "Secrets are encrypted with an empty passphrase, enough for a stack without secrets: if Pulumi asks for it, "
        "press Enter. For secrets give --secrets-provider gcpkms://….",
    )


def _members(dependencies: Dependencies, questions: Questions, existing: Settings, wanted: Wanted) -> Sequence[str]:
    if wanted.members:
        return [MEMBER.check(member, "--grant") for member in wanted.members]
    if has_grants(existing):
        return []
    own = own_member(dependencies)
    if not own:
        question = "Who may write and read, as in user:ada@example.com (gcloud is not signed in)"
        return [questions.value(question, "--grant", MEMBER)]
    return [own] if questions.accepts(f"May {printable(own)} write and read records?", "--grant") else []


def _alert_emails(dependencies: Dependencies, questions: Questions, stack: Stack, wanted: Wanted) -> Sequence[str]:
    """A protected stack with alerts cannot be deployed while nobody gets them; a person's own address is offered."""
    if wanted.alert_emails or not stack.needs_recipients:
        return [EMAIL.check(address, "--alert-email") for address in wanted.alert_emails]
    kind, _, address = own_member(dependencies).partition(":")
    question = "Who gets the alerts by e-mail"
    return [questions.value(question, "--alert-email", EMAIL, offer=address if kind == "user" else "")]


def _accepts_gcloud(questions: Questions, wanted: Wanted, members: Sequence[str], stack: Stack) -> bool:
    """A protected stack is used by programs, and accepts people's own tokens only if somebody wants it."""
    if wanted.gcloud_audience is not None:
        return wanted.gcloud_audience
    if not any(member.startswith(("user:", "domain:")) for member in members):
        return False
    question = "Accept people's own gcloud tokens? Without it callers need a service account or another sign-in"
    return questions.chooses(question, default=not stack.is_protected)


def _is_person(dependencies: Dependencies) -> bool:
    try:
        return dependencies.authorization("").is_of_gcloud
    except CliError:
        return False


def _services(dependencies: Dependencies, stack: Stack, project: str) -> Iterator[Change]:
    """Those that are off: `pulumi up` enables them as well, but then has to wait until Google knows it everywhere."""
    services = needed_services(stack)
    try:
        authorization = dependencies.authorization(stack.impersonated)
        with connected(authorization, dependencies.pause, dependencies.address) as google:
            enabled = enabled_services(google, project)
    except CliError:
        enabled = set()
    off = [service for service in services if service not in enabled]
    for line in enable(off, project).splitlines():
        yield Change(tuple(line.split()), "The services of Google Cloud that the stack uses.")
