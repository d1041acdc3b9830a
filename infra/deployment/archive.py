"""Packs the functions into one archive, from which Cloud Functions builds them; equal files give equal bytes.

Selects the files: every Python file below functions/, the data that the functions and their build read, the contract,
and the files of the web page. Entries are not compressed, because zlib's output differs between Python versions, and
the archive's name is a hash of its bytes.
deployment.components.source uploads the archive.
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

from deployment.config_error import ConfigError
from deployment.function_declarations import read_function_declarations

FOLDER = "functions"
NOT_DEPLOYED = {
    "dataapi/openapi/__main__.py",  # a program for `data-api openapi`
    "dataapi/web/export.py",  # a program for deployment.page_release
}
DATA = ("record.schema.json", "requirements.txt", "web_headers.toml")
CONTRACT = "openapi.yaml"  # in the repository one folder above: a function serves the bundle that is made from it
PAGE = "web"  # also the name of its folder in the archive
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # of all entries: the earliest of the format
_CREATED_ON_UNIX = 3
_REGULAR_FILE = 0o100644 << 16  # readable by everybody: the build runs as another user


def archive(root: Path) -> bytes:
    """The archive of the functions of the repository at `root`; raises ConfigError if a file is missing."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zip_file:
        for name in files(root):
            folder = root if name == CONTRACT or name.startswith(f"{PAGE}/") else root / FOLDER
            zip_file.writestr(_entry(name), _content(folder / name))
    return content.getvalue()


def files(root: Path) -> list[str]:
    """The names of the archive's entries; the entry file of a declared function is one even if it is missing."""
    folder = root / FOLDER
    entry_files = [f"{declaration.entry_point}.py" for declaration in read_function_declarations(root)]
    modules = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")} - NOT_DEPLOYED
    return sorted({*entry_files, *modules, *DATA, CONTRACT, *_page_files(root)})


def object_name(content: bytes) -> str:
    """The archive's name in its bucket: a hash of its bytes, so that Pulumi deploys every change."""
    return f"functions-{hashlib.sha256(content).hexdigest()[:16]}.zip"


def _page_files(root: Path) -> set[str]:
    """The files that the function `web` serves (dataapi.web.release), and no others that are kept beside them."""
    assets = [path for path in (root / PAGE / "app").rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {path.relative_to(root).as_posix() for path in (root / PAGE / "index.html", *assets)}


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIMESTAMP)
    entry.create_system = _CREATED_ON_UNIX
    entry.external_attr = _REGULAR_FILE
    return entry


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path} is missing: restore it, or remove its function from functions/functions.toml."
        ) from error


def main(argument: str) -> None:
    """Prints the archive's name (`--name`), for data-api, or writes it to a file, for the release workflow."""
    content = archive(Path(__file__).parents[2])
    if argument == "--name":
        sys.stdout.write(f"{object_name(content)}\n")
    else:
        Path(argument).write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1])
