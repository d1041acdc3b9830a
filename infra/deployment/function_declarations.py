"""Reads functions/functions.toml: the names of the functions, what triggers them, and what each may do."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from deployment.config_error import ConfigError

PATH = "functions/functions.toml"
TRIGGERS = ("gateway", "records", "dead-letters", "schedule")
PERMISSIONS = (
    "publish-records",
    "create-records",
    "read-records",
    "delete-records",
    "store-dead-letters",
    "serve-page",
    "call-api",
)


@dataclass(frozen=True)
class FunctionDeclaration:
    """A function of the deployment."""

    name: str  # of its entry file and its entry point, with - for _
    trigger: str
    may: str

    @property
    def entry_point(self) -> str:
        """The Python name of the function and of its file."""
        return self.name.replace("-", "_")

    @property
    def is_called_through_the_gateway(self) -> bool:
        """By callers; the others by Pub/Sub alone."""
        return self.trigger == "gateway"

    @property
    def is_scheduled(self) -> bool:
        """By Cloud Scheduler, in stacks with a synthetic caller; it calls the API like everybody, from outside."""
        return self.trigger == "schedule"

    @property
    def authorizes_callers(self) -> bool:
        """Callers need a token and a role; the page needs none."""
        return self.is_called_through_the_gateway and self.may != "serve-page"

    @property
    def is_waited_for(self) -> bool:
        """Somebody may wait for each answer: dead letters and schedules do not, and browsers keep the page."""
        return self.trigger in ("gateway", "records") and self.may != "serve-page"


def read_function_declarations(root: Path) -> tuple[FunctionDeclaration, ...]:
    """The functions in the order of the file; raises ConfigError for one that cannot be deployed."""
    try:
        content = tomllib.loads((root / PATH).read_text("utf-8"))
        declarations = tuple(FunctionDeclaration(name, **table) for name, table in content.items())
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{PATH} cannot be read ({error}): give each function a trigger and a permission.") from error
    for declaration in declarations:
        if declaration.trigger not in TRIGGERS or declaration.may not in PERMISSIONS:
            raise ConfigError(
                f"{PATH}: the trigger of {declaration.name} must be one of {', '.join(TRIGGERS)}, and `may` one of "
                f"{', '.join(PERMISSIONS)}."
            )
    for trigger in TRIGGERS[1:]:
        if sum(declaration.trigger == trigger for declaration in declarations) != 1:
            raise ConfigError(f"{PATH}: exactly one function must have the trigger {trigger}.")
    return declarations
