"""Lists the commands that the program has, without loading them.

Owns reading the entry points and, from the source of each command, its short help and place: importing every
command for a list of names would take three times as long, and one that cannot be loaded would hide the others.
Leaves loading and calling a command to `program.py`.
"""

import ast
import importlib.util
from dataclasses import dataclass
from importlib.abc import InspectLoader
from importlib.metadata import EntryPoint, entry_points

GROUP = "data_api.commands"  # pyproject.toml
_SECTIONS = {
    "stack": "Laptop stack",
    "records": "Records",
    "ops": "Running a deployment",
    "pricing": "Running a deployment",
}  # by the package that a command comes from
_OTHER = "More"


@dataclass(frozen=True, slots=True)
class Listed:
    """A command as the help shows it."""

    name: str
    section: str
    doc: str


def entries() -> dict[str, EntryPoint]:
    """Every command's entry point, by the command's name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def listed() -> list[Listed]:
    """The commands section by section, each in the order in which its module defines them."""
    found = entries().values()
    functions = {module: _functions(module) for module in {entry.module for entry in found}}
    placed = [(*functions[entry.module].get(entry.attr, (0, "")), entry) for entry in found]
    sections = [*_SECTIONS.values(), _OTHER]
    commands = [(line, Listed(entry.name, _section(entry), doc)) for line, doc, entry in placed]
    commands.sort(key=lambda each: (sections.index(each[1].section), each[0], each[1].name))
    return [command for _, command in commands]


def _section(entry: EntryPoint) -> str:
    return _SECTIONS.get(entry.module.split(".")[1] if "." in entry.module else "", _OTHER)


def _functions(module: str) -> dict[str, tuple[int, str]]:
    """Line and docstring of each function; none of a module that cannot be read."""
    try:
        spec = importlib.util.find_spec(module)
        loader = spec.loader if spec else None
        source = loader.get_source(module) if isinstance(loader, InspectLoader) else None
        tree = ast.parse(source or "")
    except (ImportError, SyntaxError):
        return {}
    return {
        node.name: (node.lineno, ast.get_docstring(node) or "")
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
