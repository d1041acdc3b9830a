"""Reads where a stack is: its project and region, what its resources' names begin with, and its database's name."""

import re
from dataclasses import dataclass

import pulumi

from deployment.config_error import ConfigError
from deployment.configuration.values import config_error

# Where API Gateway is (https://cloud.google.com/api-gateway/docs/deployment-model, April 2026).
REGIONS = (
    "asia-northeast1",
    "australia-southeast1",
    "europe-west1",
    "europe-west2",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-west2",
    "us-west3",
    "us-west4",
)
# With "data-api-" before it and "-dead-letter" behind it a service account's id, which has at most 30 characters.
_STACK = re.compile(r"[a-z](?:[a-z0-9-]{0,7}[a-z0-9])?")
_DATABASE = re.compile(r"[a-z][a-z0-9-]{2,61}[a-z0-9]")  # https://cloud.google.com/firestore/docs/manage-databases


@dataclass(frozen=True)
class Environment:
    """Where a stack is, and what the names of its resources begin with."""

    project: str
    region: str
    prefix: str


def read_environment(stack: str, provider: pulumi.Config) -> Environment:
    """The place that the provider's settings and the stack's name say."""
    if not _STACK.fullmatch(stack):
        raise ConfigError(
            f"{stack!r} cannot begin the names of Google's resources: name the stack with at most 9 lower-case "
            "letters, digits and dashes, a letter first and no dash last (pulumi stack rename dev)."
        )
    project = provider.get("project")
    if not project:
        raise ConfigError("Set the project: pulumi config set gcp:project THE_ID_OF_YOUR_PROJECT")
    region = provider.get("region")
    if region not in REGIONS:
        problem = f"API Gateway is not in {region}" if region else "The region is not set"
        raise ConfigError(f"{problem}: pulumi config set gcp:region to one of {', '.join(REGIONS)}.")
    return Environment(project, region, f"data-api-{stack}")


def read_database_name(settings: pulumi.Config, environment: Environment) -> str:
    """The stack's own name for it, or that of a database that was restored."""
    name = settings.require("database") or environment.prefix
    if not _DATABASE.fullmatch(name):
        wanted = "has to be 4 to 63 lower-case letters, digits and dashes, a letter first and no dash last"
        raise config_error(settings, "database", f"is {name!r}, but {wanted}", environment.prefix)
    return name
