"""The clients that are generated from the bundle, once for all tests."""

from pathlib import Path
from shutil import copyfile

import pytest

from tests.support.clients import page, python_client, typescript_client


@pytest.fixture(scope="session")
def python_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the generated package, with the bundle and the page's sample."""
    folder = tmp_path_factory.mktemp("python")
    python_client.write_bundle(folder / "openapi.json")
    python_client.generate(folder / "openapi.json", folder)
    (folder / "sample.py").write_text(page.sample("python"))
    return folder


@pytest.fixture(scope="session")
def typescript_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, type-checked and compiled, with the bundle, the generated types and the programs that use them."""
    folder = tmp_path_factory.mktemp("typescript")
    python_client.write_bundle(folder / "openapi.json")
    typescript_client.prepare(folder)
    typescript_client.generate(folder / "openapi.json", folder)
    copyfile(typescript_client.PROGRAM, folder / typescript_client.PROGRAM.name)
    (folder / "sample.ts").write_text(page.sample("ts"))
    assert "" == typescript_client.type_errors(folder)
    return folder
