"""Reads functions/functions.toml: the names of the functions, what triggers them, and what each may do."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from data_api.shared.errors import CliError

PATH = Path(__file__).parents[3] / "functions" / "functions.toml"
SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class FunctionDeclaration:
    """A function of the system."""

    name: str
    trigger: str  # gateway, records or dead-letters
    may: str  # publish-records, create-records, read-records, delete-records, store-dead-letters or serve-page

    @property
    def entry_point(self) -> str:
        """The Python name of the function and of its file."""
        return self.name.replace("-", "_")


def read_function_declarations(path: Path = PATH) -> tuple[FunctionDeclaration, ...]:
    """The functions of a local stack in the order of the file: all but those on a schedule. Raises CliError."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        declarations = tuple(FunctionDeclaration(name, **table) for name, table in content.items())
    except (OSError, ValueError, TypeError) as error:
        raise CliError(f"{path} cannot be read ({error}): give each function a trigger and a permission.") from error
    return tuple(declaration for declaration in declarations if declaration.trigger != SCHEDULE)


def triggered_by(trigger: str, declarations: tuple[FunctionDeclaration, ...]) -> str:
    """The name of the one function with this trigger; raises CliError."""
    names = [declaration.name for declaration in declarations if declaration.trigger == trigger]
    if len(names) != 1:
        raise CliError(f"{PATH}: exactly one function must have the trigger {trigger}.")
    return names[0]
