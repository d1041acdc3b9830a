"""Which way imports may go. Read from the source, so that nothing has to be imported to break a rule."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions", "infra", "cli")  # they meet through files, processes and HTTP
FUNCTIONS = ROOT / "functions"
BEHIND = ("dataapi.telemetry.spans", "dataapi.telemetry.export", "dataapi.telemetry.context")
ENTRY_FILES = sorted(FUNCTIONS.glob("*.py"))
ADAPTERS = sorted(path for folder in ("gcp", "telemetry") for path in (FUNCTIONS / "dataapi" / folder).glob("*.py"))
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
    """All below, at whatever depth; not into expressions, which import nothing and are most of the tree."""
    for part in ("body", "orelse", "handlers", "finalbody", "cases"):
        for statement in getattr(block, part, ()):
            yield statement
            yield from statements(statement)


def imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (each.name for each in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            yield from ("." * level + ".".join(filter(None, [module, each.name])) for each in names)


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def modules(folder: str) -> set[str]:
    """What others would import a folder's code by: `functions` and `infra` are on the path when they run."""
    inside = {
        path.stem for path in (ROOT / folder).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    return {folder} | (inside - {"__init__", "__main__"})


def within(names: frozenset[str], package: str) -> set[str]:
    return {name for name in names if f"{name}.".startswith(f"{package}.")}


def crossing(folder: str) -> Iterator[str]:
    """What a folder's files import of the other folders."""
    others = set().union(*(modules(other) for other in FOLDERS if other != folder))
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    return (f"{path.relative_to(ROOT)}: {name}" for path in files for name in roots(path) & others)


def test_no_folder_imports_another() -> None:
    assert [] == [found for folder in FOLDERS for found in crossing(folder)]


def test_nothing_that_runs_imports_the_benchmark() -> None:
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    assert {} == {str(path): found for path in paths if (found := roots(path) & {"bench"})}


def test_the_benchmark_reckons_with_the_commands_own_calculation() -> None:
    """The one arrow from `bench` to `cost`: two calculations would come to differ."""
    assert all(
        name.startswith("data_api.pricing.")
        for name in imports(ROOT / "bench" / "report" / "money.py")
        if "data_api" in name
    )


def test_there_are_four_entry_files() -> None:
    assert ["dead_letter", "generate", "persist", "present"] == [path.stem for path in ENTRY_FILES]


def test_nothing_imports_an_entry_file() -> None:
    entries = {entry.stem for entry in ENTRY_FILES}
    assert {} == {path.stem: found for path in FILES if (found := roots(path) & entries)}


def test_the_rules_know_nothing_of_the_adapters() -> None:
    assert {} == {path.stem: found for path in PURE if (found := within(imports(path), "dataapi.gcp"))}


def test_only_the_adapters_touch_the_outside() -> None:
    assert {} == {path.stem: found for path in (*PURE, *ENTRY_FILES) if (found := roots(path) & OUTSIDE)}


def test_the_adapters_are_where_google_is_imported() -> None:
    """Without this, the test above could look for the wrong names."""
    assert {"google", "grpc", "os", "sys"} <= set().union(*map(roots, ADAPTERS))


def test_opentelemetry_stays_behind_the_switch() -> None:
    """Whoever else imported one of these would load it in every cold start."""
    files = {path.stem for path in FILES if "opentelemetry" in roots(path)}
    assert {"export", "context", "spans"} == files
    assert {"spans", "setup"} == {path.stem for path in FILES if any(each.startswith(BEHIND) for each in imports(path))}


def test_the_functions_import_absolutely() -> None:
    """The Functions Framework loads an entry file by its path: a relative import would make a second `dataapi`."""
    assert [] == [f"{path.stem}: {name}" for path in FILES for name in imports(path) if name.startswith(".")]


def test_an_entry_file_imports_the_one_service_that_it_uses() -> None:
    """A second service's messages would make a cold start longer."""
    services = {"dataapi.gcp.publisher.Publisher", "dataapi.gcp.firestore.Firestore"}
    found = {path.stem: within(imports(path), "dataapi.gcp") & services for path in (*ENTRY_FILES, *ADAPTERS)}
    assert {
        "dead_letter": {"dataapi.gcp.firestore.Firestore"},
        "generate": {"dataapi.gcp.publisher.Publisher"},
        "persist": {"dataapi.gcp.firestore.Firestore"},
        "present": {"dataapi.gcp.firestore.Firestore"},
        **{path.stem: set() for path in ADAPTERS},
        "dead_letter_store": {"dataapi.gcp.firestore.Firestore"},
        "record_store": {"dataapi.gcp.firestore.Firestore"},
    } == found
