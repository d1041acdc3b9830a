"""Downloads a file once into a cache folder, verifies it, and shows the progress.

The cache contains only complete, verified files: the work is done in a temporary folder next to the target, which is
always removed, and the last step is a rename.
"""

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import httpx
import rich.progress
from rich.console import Console

from data_api.shared.errors import CliError

TIMEOUT = 30.0  # seconds without a response, or without another byte

Advance = Callable[[int], None]  # called with the number of new bytes
Progress = Callable[[str, int], AbstractContextManager[Advance]]  # called with title and size in bytes


@dataclass(frozen=True)
class Download:
    """A file on the web with its size and hash."""

    title: str  # as in "The … could not be downloaded"
    address: str
    size: int  # bytes
    sha256: str
    file: str  # its name in the cache; contains the version, so that another version is another file
    alternative: str  # what the user can do instead, as in "run the command again, or …"
    member: str | None = None  # for a zip file: the pattern of the one member that is kept


def download(source: Download, into: Path, progress: Progress) -> Path:
    """Returns the file in the folder `into`, after downloading it if it is missing; raises CliError."""
    target = into / source.file
    try:
        if target.exists():
            return target
        into.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=into, prefix=".download-") as scratch:
            downloaded = Path(scratch) / "downloaded"
            with progress(source.title, source.size) as advance:
                _fetch(source, downloaded, advance)
            verified = _unpack(source, downloaded, source.member) if source.member else downloaded
            verified.replace(target)
    except OSError as error:
        problem = f"it cannot be stored in {into} ({error.strerror or error})"
        space = f"enough space ({_megabytes(source.size)} to download)"
        fix = f"check that the folder is writable and has {space}, then run the command again"
        raise _error(source, problem, fix) from error
    return target


def progress_on(console: Console) -> Progress:
    """A progress bar in a terminal; else one line at the start and one at the end."""

    @contextmanager
    def bar(title: str, size: int) -> Iterator[Advance]:
        columns = (
            rich.progress.TextColumn("Downloading the {task.description}"),
            rich.progress.BarColumn(),
            rich.progress.DownloadColumn(),
            rich.progress.TimeRemainingColumn(),
        )
        with rich.progress.Progress(*columns, console=console) as progress_bar:
            task = progress_bar.add_task(title, total=size)
            yield lambda count: progress_bar.advance(task, count)

    @contextmanager
    def lines(title: str, size: int) -> Iterator[Advance]:
        console.out(f"Downloading the {title} ({_megabytes(size)})", highlight=False)
        yield lambda _: None
        console.out(f"Downloaded the {title}", highlight=False)

    return bar if console.is_terminal else lines


def _fetch(source: Download, file: Path, advance: Advance) -> None:
    try:
        with _client(source) as client, client.stream("GET", source.address) as response:
            response.raise_for_status()
            received = _write(response.iter_bytes(), file, source.size, advance)
    except httpx.HTTPStatusError as error:
        problem = f"the server answered {error.response.status_code} {error.response.reason_phrase}"
        raise _error(source, problem) from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise _error(source, f"the server cannot be reached ({error})") from error
    except httpx.HTTPError as error:
        raise _error(source, f"the connection was lost ({error})") from error
    pinned = (source.size, source.sha256)
    if received != pinned:
        actual, expected = ("{} bytes with SHA-256 {}".format(*size_and_hash) for size_and_hash in (received, pinned))
        raise _error(source, f"the downloaded file is not the expected one ({actual}, expected {expected})")


def _client(source: Download) -> httpx.Client:
    try:
        return httpx.Client(timeout=TIMEOUT)
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        problem = f"the environment's proxy or certificate settings cannot be used ({error})"
        raise _error(source, problem, "correct them and run the command again") from error


def _write(chunks: Iterable[bytes], file: Path, max_size: int, advance: Advance) -> tuple[int, str]:
    """Size and SHA-256 of the received bytes; stops if they are more than `max_size`."""
    size, digest = 0, hashlib.sha256()
    with file.open("wb") as output:
        for chunk in chunks:
            size += len(chunk)
            digest.update(chunk)
            if size > max_size:
                break
            output.write(chunk)
            advance(len(chunk))
    return size, digest.hexdigest()


def _unpack(source: Download, archive: Path, member: str) -> Path:
    """Unpacks the one member to a fixed file name, so that no name in the archive is used as a path."""
    unpacked = archive.with_name("unpacked")
    try:
        with zipfile.ZipFile(archive) as zip_file:
            names = zip_file.namelist()
            matches = [name for name in names if fnmatchcase(name, member)]
            if len(matches) != 1 or any(map(_escapes, names)):
                raise _error(
                    source, f"the archive does not have {member} exactly once, or has paths outside its folder"
                )
            with zip_file.open(matches[0]) as packed, unpacked.open("wb") as output:
                shutil.copyfileobj(packed, output)
    except (zipfile.BadZipFile, zlib.error) as error:
        raise _error(source, f"the archive cannot be unpacked ({error})") from error
    return unpacked


def _escapes(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts


def _error(source: Download, problem: str, fix: str = "run the command again") -> CliError:
    return CliError(
        f"The {source.title} could not be downloaded from {source.address}: {problem}; {fix}, or {source.alternative}."
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
