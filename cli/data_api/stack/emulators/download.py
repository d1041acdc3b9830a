"""Downloads a file once, verified, into a cache folder.

Owns the rule that the cache holds whole, verified files and nothing else: everything happens in a folder
beside the target that goes away whatever happens, and a rename is the last step. Owns too how the waiting
is shown, and the sentences for what can go wrong.
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

TIMEOUT = 30.0  # seconds without an answer, or without another byte

Advance = Callable[[int], None]  # so many more bytes have arrived
Progress = Callable[[str, int], AbstractContextManager[Advance]]  # title, size in bytes


@dataclass(frozen=True)
class Download:
    """A file on the web whose every byte is known."""

    title: str  # as in "The … could not be downloaded"
    address: str
    size: int  # bytes
    sha256: str
    file: str  # its name in the cache; holds the version, so that another version is another file
    otherwise: str  # what the user can do instead, as in "run the command again, or …"
    member: str | None = None  # if the file is a zip: the pattern of the one member that is kept


def download(source: Download, into: Path, progress: Progress) -> Path:
    """Gives the file in the folder `into`, fetched if it is not there; a CliError leaves nothing behind."""
    target = into / source.file
    try:
        if target.exists():
            return target
        into.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=into, prefix=".download-") as scratch:
            fetched = Path(scratch) / "fetched"
            with progress(source.title, source.size) as advance:
                _fetch(source, fetched, advance)
            jar = _unpack(source, fetched, source.member) if source.member else fetched
            jar.replace(target)
    except OSError as error:
        problem = f"it cannot be stored in {into} ({error.strerror or error})"
        room = f"room for it ({_megabytes(source.size)} to download)"
        remedy = f"see that the folder is writable and has {room}, then run the command again"
        raise _fault(source, problem, remedy) from error
    return target


def progress_on(console: Console) -> Progress:
    """A bar in a terminal; anywhere else a line at the start and one at the end."""

    @contextmanager
    def bar(title: str, size: int) -> Iterator[Advance]:
        columns = (
            rich.progress.TextColumn("Downloading the {task.description}"),
            rich.progress.BarColumn(),
            rich.progress.DownloadColumn(),
            rich.progress.TimeRemainingColumn(),
        )
        with rich.progress.Progress(*columns, console=console) as shown:
            task = shown.add_task(title, total=size)
            yield lambda count: shown.advance(task, count)

    @contextmanager
    def lines(title: str, size: int) -> Iterator[Advance]:
        console.out(f"Downloading the {title} ({_megabytes(size)})", highlight=False)
        yield lambda _: None
        console.out(f"Downloaded the {title}", highlight=False)

    return bar if console.is_terminal else lines


def _fetch(source: Download, file: Path, advance: Advance) -> None:
    try:
        with _client(source) as client, client.stream("GET", source.address) as answer:
            answer.raise_for_status()
            received = _write(answer.iter_bytes(), file, source.size, advance)
    except httpx.HTTPStatusError as error:
        problem = f"the server answered {error.response.status_code} {error.response.reason_phrase}"
        raise _fault(source, problem) from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise _fault(source, f"the server cannot be reached ({error})") from error
    except httpx.HTTPError as error:
        raise _fault(source, f"the connection broke off ({error})") from error
    pinned = (source.size, source.sha256)
    if received != pinned:
        read, expected = ("{} bytes with SHA-256 {}".format(*size_and_hash) for size_and_hash in (received, pinned))
        raise _fault(source, f"the download is not that file ({read}, not {expected})")


def _client(source: Download) -> httpx.Client:
    try:
        return httpx.Client(timeout=TIMEOUT)
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        problem = f"the environment's proxy or certificate settings cannot be used ({error})"
        raise _fault(source, problem, "correct them and run the command again") from error


def _write(chunks: Iterable[bytes], file: Path, most: int, advance: Advance) -> tuple[int, str]:
    """Size and SHA-256 of what was read; stops when that is more than the file can have."""
    size, digest = 0, hashlib.sha256()
    with file.open("wb") as written:
        for chunk in chunks:
            size += len(chunk)
            digest.update(chunk)
            if size > most:
                break
            written.write(chunk)
            advance(len(chunk))
    return size, digest.hexdigest()


def _unpack(source: Download, archive: Path, member: str) -> Path:
    """Takes the one member out, under a name given here: no name in the archive becomes a path."""
    unpacked = archive.with_name("unpacked")
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
            wanted = [name for name in names if fnmatchcase(name, member)]
            if len(wanted) != 1 or any(map(_escapes, names)):
                raise _fault(source, f"the archive is not as expected ({member} once, no outside paths)")
            with opened.open(wanted[0]) as packed, unpacked.open("wb") as written:
                shutil.copyfileobj(packed, written)
    except (zipfile.BadZipFile, zlib.error) as error:
        raise _fault(source, f"the archive cannot be unpacked ({error})") from error
    return unpacked


def _escapes(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts


def _fault(source: Download, problem: str, remedy: str = "run the command again") -> CliError:
    return CliError(
        f"The {source.title} could not be downloaded from {source.address}: {problem}; {remedy}, or {source.otherwise}."
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
