"""Reads the files of the web page and gives each its address.

All files below web/app have addresses below /app/{digest}/, where `digest` follows from the content of all files. So an
address never gets other content, and browsers keep the files for good. web/index.html, at the address /, refers to
/app/ in the repository; here it refers to /app/{digest}/. The record's schema is a file of the release, too.

It uses the standard library alone, as `dataapi.web.export` needs.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PREFIX = "/app/"
INDEX = "/"
SCHEMA = "record.schema.json"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_COMPRESSED = {".ico", ".png", ".woff2"}  # gzip would not make them smaller
_DIGEST_LENGTH = 16  # hexadecimal digits


class UnknownFileError(ValueError):
    """A file whose media type is unknown."""


@dataclass(frozen=True)
class File:
    """A file of the page."""

    content: bytes
    suffix: str  # of its name, with the dot

    @property
    def media_type(self) -> str:
        """The value of Content-Type."""
        return MEDIA_TYPES[self.suffix]

    @cached_property
    def gzipped(self) -> bytes | None:
        """The compressed content, always the same bytes; None if compression would not help."""
        return None if self.suffix in _COMPRESSED else gzip.compress(self.content, mtime=0)


@dataclass(frozen=True)
class Release:
    """The files of one version of the page, by the path of their address."""

    digest: str
    files: Mapping[str, File]


def read(folder: Path, schema: Path) -> Release:
    """The files in the folder web/, with the schema; raises OSError, or UnknownFileError."""
    assets = {path.relative_to(folder / "app").as_posix(): path for path in _visible(folder / "app")} | {SCHEMA: schema}
    files = {name: _file(path) for name, path in sorted(assets.items())}
    index = _file(folder / "index.html")
    digest = _digest({INDEX: index, **files})
    linked = index.content.replace(PREFIX.encode(), f"{PREFIX}{digest}/".encode())
    addresses = {f"{PREFIX}{digest}/{name}": file for name, file in files.items()}
    return Release(digest, {INDEX: File(linked, index.suffix), **addresses})


def signature(folder: Path) -> frozenset[tuple[str, int, int]]:
    """Changes whenever a file of the folder does: name, time of the last change in ns, and size of each."""
    statuses = [(path, path.stat()) for path in _visible(folder)]
    return frozenset((str(path), status.st_mtime_ns, status.st_size) for path, status in statuses)


def _visible(folder: Path) -> list[Path]:
    """Without files that editors and systems leave behind, such as .DS_Store."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def _file(path: Path) -> File:
    if path.suffix not in MEDIA_TYPES:
        raise UnknownFileError(f"{path.name} has an unknown type: use one of {', '.join(MEDIA_TYPES)}, or rename it.")
    return File(path.read_bytes(), path.suffix)


def _digest(files: Mapping[str, File]) -> str:
    content = hashlib.sha256()
    for name, file in sorted(files.items()):
        content.update(f"{len(name)} {len(file.content)} {name}".encode() + file.content)
    return content.hexdigest()[:_DIGEST_LENGTH]
