"""The import rules that import-linter cannot express (its contracts are in pyproject.toml); read from the source."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
BEHIND = ("dataapi.telemetry.spans", "dataapi.telemetry.export", "dataapi.telemetry.context")
ENTRY_FILES = sorted(FUNCTIONS.glob("*.py"))
ADAPTERS = sorted(
    path for folder in ("checking", "gcp", "telemetry") for path in (FUNCTIONS / "dataapi" / folder).glob("*.py")
)
PURE = sorted(path for path in (FUNCTIONS / "dataapi").rglob("*.py") if path not in ADAPTERS)
FILES = (*ENTRY_FILES, *PURE, *ADAPTERS)
# What reaches out of the process, or to Google.
OUTSIDE = {"os", "subprocess", "socket", "google", "grpc", "opentelemetry", "sys"}


@cache
def imports(path: Path) -> frozenset[str]:
    """The dotted names that a file imports, wherever in it; a relative one begins with its dots."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(name for statement in statements(tree) for name in imported(statement))


def statements(block: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node. Expressions import nothing and are skipped, which is faster."""
    for part in ("body", "orelse", "handlers", "finalbody", "cases"):
        for statement in getattr(block, part, ()):
            yield statement
            yield from statements(statement)


def imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            yield from ("." * level + ".".join(filter(None, [module, alias.name])) for alias in names)


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def within(names: frozenset[str], package: str) -> set[str]:
    return {name for name in names if f"{name}.".startswith(f"{package}.")}


def test_each_declared_function_has_an_entry_file_and_there_are_no_others() -> None:
    declared = tomllib.loads((FUNCTIONS / "functions.toml").read_text("utf-8"))
    assert sorted(name.replace("-", "_") for name in declared) == [path.stem for path in ENTRY_FILES]


def test_nothing_imports_an_entry_file() -> None:
    entries = {entry.stem for entry in ENTRY_FILES}
    assert {} == {path.stem: result for path in FILES if (result := roots(path) & entries)}


def test_only_the_adapters_import_google_and_the_operating_system() -> None:
    assert {} == {path.stem: result for path in (*PURE, *ENTRY_FILES) if (result := roots(path) & OUTSIDE)}


def test_the_adapters_are_where_google_is_imported() -> None:
    """Without this, the test above could look for the wrong names."""
    assert {"google", "grpc", "os", "sys"} <= set().union(*map(roots, ADAPTERS))


def test_opentelemetry_is_imported_only_by_the_modules_for_traces() -> None:
    """Another import would load OpenTelemetry in every cold start."""
    files = {path.stem for path in FILES if "opentelemetry" in roots(path)}
    assert {"export", "context", "spans"} == files
    assert {"spans", "setup"} == {path.stem for path in FILES if any(name.startswith(BEHIND) for name in imports(path))}


def test_the_functions_import_absolutely() -> None:
    """The Functions Framework loads an entry file by its path: a relative import would make a second `dataapi`."""
    assert [] == [f"{path.stem}: {name}" for path in FILES for name in imports(path) if name.startswith(".")]


def test_an_entry_file_imports_the_one_service_that_it_uses() -> None:
    """A second service's messages would make a cold start longer."""
    services = {"dataapi.gcp.publisher.Publisher", "dataapi.gcp.firestore.Firestore"}
    results = {path.stem: within(imports(path), "dataapi.gcp") & services for path in (*ENTRY_FILES, *ADAPTERS)}
    assert {
        "dead_letter": {"dataapi.gcp.firestore.Firestore"},
        "delete": {"dataapi.gcp.firestore.Firestore"},
        "generate": {"dataapi.gcp.publisher.Publisher"},
        "persist": {"dataapi.gcp.firestore.Firestore"},
        "present": {"dataapi.gcp.firestore.Firestore"},
        "probe": set(),
        "web": set(),
        **{path.stem: set() for path in ADAPTERS},
        "dead_letter_store": {"dataapi.gcp.firestore.Firestore"},
        "record_store": {"dataapi.gcp.firestore.Firestore"},
        "record_documents": {"dataapi.gcp.firestore.Firestore"},
        "tombstones": {"dataapi.gcp.firestore.Firestore"},
        "change_listener": {"dataapi.gcp.firestore.Firestore"},
        "change_feed": {"dataapi.gcp.firestore.Firestore"},
    } == results
