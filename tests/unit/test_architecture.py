"""Which way imports may go. Read from the source, so that nothing has to be imported to break a rule."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions", "infra", "local", "client", "operate")  # they meet through files, processes and HTTP
FUNCTIONS = ROOT / "functions"
ENTRY_FILES = sorted(FUNCTIONS.glob("*.py"))
ADAPTERS = sorted((FUNCTIONS / "dataapi" / "gcp").glob("*.py"))
PURE = sorted((FUNCTIONS / "dataapi").glob("*.py"))
OUTSIDE = {"os", "subprocess", "socket", "google", "grpc", "sys"}  # what reaches out of the process, or to Google


@cache
def imports(path: Path) -> frozenset[str]:
    """The dotted names that a file imports, wherever in it; a relative one begins with its dots."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(name for node in ast.walk(tree) for name in imported(node))


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
    return {folder} | (inside - {"__init__", "__main__"} if folder in {"functions", "infra"} else set())


def within(names: frozenset[str], package: str) -> set[str]:
    return {name for name in names if f"{name}.".startswith(f"{package}.")}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_folder_imports_another(folder: str) -> None:
    others = set().union(*(modules(other) for other in FOLDERS if other != folder))
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    assert {} == {str(path): found for path in files if (found := roots(path) & others)}


def test_there_are_three_entry_files() -> None:
    assert ["generate", "persist", "present"] == [path.stem for path in ENTRY_FILES]


@pytest.mark.parametrize("path", [*PURE, *ADAPTERS], ids=lambda path: path.stem)
def test_no_module_imports_an_entry_file(path: Path) -> None:
    assert set() == roots(path) & {entry.stem for entry in ENTRY_FILES}


@pytest.mark.parametrize("path", ENTRY_FILES, ids=lambda path: path.stem)
def test_no_entry_file_imports_another(path: Path) -> None:
    assert set() == roots(path) & {entry.stem for entry in ENTRY_FILES}


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_the_rules_know_nothing_of_the_adapters(path: Path) -> None:
    assert set() == within(imports(path), "dataapi.gcp")


@pytest.mark.parametrize("path", [*PURE, *ENTRY_FILES], ids=lambda path: path.stem)
def test_only_the_adapters_touch_the_outside(path: Path) -> None:
    assert set() == roots(path) & OUTSIDE


def test_the_adapters_are_where_google_is_imported() -> None:
    """Without this, the test above could look for the wrong names."""
    assert {"google", "grpc", "os", "sys"} <= set().union(*map(roots, ADAPTERS))


@pytest.mark.parametrize("path", [*ENTRY_FILES, *PURE, *ADAPTERS], ids=lambda path: path.stem)
def test_the_functions_import_absolutely(path: Path) -> None:
    """The Functions Framework loads an entry file by its path: a relative import would make a second `dataapi`."""
    assert set() == {name for name in imports(path) if name.startswith(".")}


@pytest.mark.parametrize(("entry", "adapter"), [("generate", "topic"), ("persist", "store"), ("present", "store")])
def test_an_entry_file_imports_the_one_client_that_it_uses(entry: str, adapter: str) -> None:
    """A second client of Google's would make a cold start longer."""
    clients = within(imports(FUNCTIONS / f"{entry}.py"), "dataapi.gcp") & {"dataapi.gcp.topic", "dataapi.gcp.store"}
    assert {f"dataapi.gcp.{adapter}"} == clients
    assert set() == within(imports(FUNCTIONS / "dataapi/gcp/topic.py"), "dataapi.gcp.store")
    assert set() == within(imports(FUNCTIONS / "dataapi/gcp/store.py"), "dataapi.gcp.topic")
