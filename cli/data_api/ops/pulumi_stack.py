"""Reads what a stack's configuration says: where it is deployed, how large it is, how its secrets are kept.

Owns reading Pulumi.yaml, with its defaults, and Pulumi.<stack>.yaml: both are there before Pulumi itself is. Reads
from the infrastructure's source, too, which services it turns on.
"""

import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data_api.shared.errors import CliError

Json = Any  # what YAML holds

SERVICES_FILE = "infra/service_names.py"
# The tuples in it, and the settings of which one has to be said for the services in them to be turned on.
_SERVICES: Mapping[str, tuple[str, ...]] = {
    "SERVICES": (),
    "NETWORK_SERVICES": ("privateNetwork",),
    "KEY_SERVICES": ("customerManagedKeys", "databaseKey"),
    "QUOTA_SERVICES": ("quotaPerMinute",),
    "SCHEDULE_SERVICES": ("syntheticCaller",),
    "TRACE_SERVICES": ("tracePercent",),
    "DOMAIN_SERVICES": ("webDomain",),
}
_RECIPIENTS = ("alertEmails", "alertSlackChannel", "alertPagerDutyKey", "alertWebhook")


@dataclass(frozen=True, slots=True)
class Stack:
    """One deployment, as configured. Project and region are empty where nothing is said of them."""

    name: str
    project: str
    region: str
    database: str
    is_protected: bool
    needs_recipients: bool  # of its alerts, as nobody is named in a protected stack
    impersonated: str  # the service account as which Pulumi acts, or nothing
    secrets: str  # the address of a key, or nothing for a passphrase
    max_instances: int
    cpu: int
    memory: int  # MiB
    services: tuple[str, ...]  # that the deployment turns on, without .googleapis.com
    has_keys: bool  # of its own, for all but the database
    has_database_key: bool
    is_recoverable: bool
    has_budget: bool
    page_client: str  # the OAuth client of the web page, or nothing
    domain: str  # of the web page and the API, or nothing
    billing_project: str  # that Pulumi's calls count for; empty if each counts for the credential's own project


def read_stack(root: Path, name: str) -> Stack:
    """Raises CliError where there is no such stack, or a file cannot be read."""
    file = _file(root, name)
    if not file.is_file():
        names = ", ".join(sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))) or "none"
        raise CliError(
            f"There is no {file.name} (stacks with one: {names}): name one of these with --stack, or make a new one "
            f"with `data-api init --stack {name}`."
        )
    return planned_stack(root, name)


def own_settings(folder: Path, name: str) -> Mapping[str, Json]:
    """What Pulumi.<stack>.yaml of a program sets, by the names that are in it; nothing if there is no file."""
    file = _file(folder, name)
    settings = _yaml(file).get("config") if file.is_file() else None
    return settings if isinstance(settings, dict) else {}


def planned_stack(root: Path, name: str) -> Stack:
    """The stack, also one that has no file yet: then with the defaults of Pulumi.yaml; raises CliError."""
    file = _file(root, name)
    own = _yaml(file) if file.is_file() else {}
    settings = _settings(_yaml(root / "Pulumi.yaml"), own)
    return Stack(
        name=name,
        project=str(settings.get("gcp:project") or ""),
        region=str(settings.get("gcp:region") or ""),
        database=str(settings.get("database") or f"{settings.get('namePrefix')}-{name}"),
        is_protected=_is_on(settings, "protected"),
        needs_recipients=_is_on(settings, "protected")
        and _is_on(settings, "alerts")
        and not any(settings.get(name) for name in _RECIPIENTS),
        impersonated=str(settings.get("gcp:impersonateServiceAccount") or ""),
        secrets=str(own.get("secretsprovider") or ""),
        max_instances=_integer(settings, "maxInstances", file),
        cpu=_integer(settings, "cpu", file),
        memory=_integer(settings, "memory", file),
        services=tuple(_services(root / SERVICES_FILE, settings)),
        has_keys=_is_on(settings, "customerManagedKeys"),
        has_database_key=_is_on(settings, "databaseKey"),
        is_recoverable=_is_on(settings, "recoverable"),
        has_budget=_is_on(settings, "budget"),
        page_client=str(settings.get("webClientId") or ""),
        domain=str(settings.get("webDomain") or ""),
        billing_project=_billing_project(settings),
    )


def _file(folder: Path, name: str) -> Path:
    return folder / f"Pulumi.{name}.yaml"


def _settings(project: Mapping[str, Json], own: Mapping[str, Json]) -> dict[str, Json]:
    """The settings by name; the project's own without its name before them."""
    settings: dict[str, Json] = {}
    for name, declared in (project.get("config") or {}).items():
        settings[name] = (declared.get("default", declared.get("value"))) if isinstance(declared, dict) else declared
    prefix = f"{project.get('name', '')}:"
    return settings | {name.removeprefix(prefix): value for name, value in (own.get("config") or {}).items()}


def _billing_project(settings: Mapping[str, Json]) -> str:
    """The provider uses it only together with the other setting."""
    return str(settings.get("gcp:billingProject") or "") if _is_on(settings, "gcp:userProjectOverride") else ""


def _integer(settings: Mapping[str, Json], name: str, file: Path) -> int:
    try:
        return int(settings.get(name, ""))  # `pulumi config set` writes numbers as texts
    except (TypeError, ValueError):
        raise CliError(f"{file.name} has no number for {name}: pulumi config set {name} 5") from None


def _yaml(file: Path) -> dict[str, Json]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CliError(f"{file} cannot be read ({error}); run the command in a clone of the project.") from error
    return content if isinstance(content, dict) else {}


def _is_on(settings: Mapping[str, Json], name: str) -> bool:
    """A number is on where it is not 0."""
    return str(settings.get(name) or "").lower() not in ("", "0", "false")


def _services(file: Path, settings: Mapping[str, Json]) -> Iterator[str]:
    """The services of the tuples whose settings are on."""
    try:
        names = runpy.run_path(str(file))
        for tuple_name, conditions in _SERVICES.items():
            if not conditions or any(_is_on(settings, condition) for condition in conditions):
                yield from names[tuple_name]
    except (OSError, SyntaxError, KeyError) as error:
        raise CliError(f"{file} cannot be read ({error}); run the command in a clone of the project.") from error
