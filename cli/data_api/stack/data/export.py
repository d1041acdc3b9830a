"""Exports the database of the Firestore emulator to a folder, and imports it again, by the emulator's REST interface.

Owns the layout of the folder: each export in a folder of its own, and the file `current`, which names the last complete
one and the sizes of its files. It is replaced atomically, so an export that fails leaves the one before. The emulator
checks the checksums in an export before it imports anything; that nothing is missing at the end of a file, only the
sizes show.
"""

import http.client
import json
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_api.shared.errors import CliError
from data_api.shared.stack_state import DATA

CURRENT = "current"
MESSAGES = "messages.ndjson"  # in the folder of an export: what Pub/Sub has not delivered
TIMEOUT = 300.0  # seconds for a response; 20,000 records of 2 KB were exported in 1 s and imported in 4 s
Json = dict[str, Any]
_NAME = re.compile(r"\d+")


class Rejected(Exception):
    """The emulator answered with an error; the message says which."""


@dataclass(frozen=True)
class Export:
    """The exports of one database, and the emulator that has it."""

    folder: Path
    database: str  # projects/PROJECT/databases/DATABASE
    host: str

    def load(self) -> str:
        """Imports the last export; returns a sentence about it, or nothing if there is no export.

        An export that the emulator rejects is moved aside. Raises CliError if the emulator does not answer.
        """
        if not (self.folder / CURRENT).exists():
            return ""
        start_time = time.monotonic()
        try:
            self._call("import", export_directory=str(_metadata(self.folder, self._complete_export())))
        except Rejected as error:
            return self._move_aside(str(error))
        except (OSError, http.client.HTTPException) as error:
            raise CliError(
                f"The Firestore emulator did not import the records in {self.folder} ({error}): "
                "run `data-api up` again, or start without them: `data-api up --fresh`."
            ) from error
        return f"Loaded the records of the last run in {time.monotonic() - start_time:.1f} s."

    def messages(self) -> list[Json]:
        """Those that were saved with the last export."""
        try:
            lines = (self.folder / self._complete_export() / MESSAGES).read_text("utf-8").splitlines()
        except (Rejected, OSError):
            return []
        return [json.loads(line) for line in lines]

    def save(self, messages: Sequence[Json]) -> str:
        """Exports the database, and saves messages, in place of the last export; returns a sentence about it."""
        name = str(time.time_ns())
        try:
            self.folder.mkdir(exist_ok=True)
            self._call("export", export_directory=str(self.folder), export_name=name)
            if not _metadata(self.folder, name).is_file():
                raise Rejected("the emulator wrote no export")  # noqa: TRY301 - handled like the other errors
            lines = [f"{json.dumps(message)}\n" for message in messages]
            (self.folder / name / MESSAGES).write_text("".join(lines), "utf-8")
            self._set_current(name)
        except (Rejected, OSError, http.client.HTTPException) as error:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            return f"The records of this run could not be kept ({error}); those that were kept before are unchanged."
        self._remove_others(name)
        return "The records are kept for the next start."

    def _complete_export(self) -> str:
        """The name of the last export; raises Rejected if one of its files is missing or has another size."""
        try:
            current = json.loads((self.folder / CURRENT).read_text())
            name, sizes = current["name"], current["sizes"]
            is_complete = bool(_NAME.fullmatch(name)) and sizes == _sizes(self.folder / name)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise Rejected(f"the file {CURRENT} is invalid") from error
        if not is_complete:
            raise Rejected("the export is incomplete")
        return str(name)

    def _set_current(self, name: str) -> None:
        temporary = self.folder / f".{CURRENT}"
        temporary.write_text(json.dumps({"name": name, "sizes": _sizes(self.folder / name)}))
        temporary.replace(self.folder / CURRENT)

    def _remove_others(self, name: str) -> None:
        for path in self.folder.iterdir():
            if path.is_dir() and path.name != name:
                shutil.rmtree(path, ignore_errors=True)

    def _move_aside(self, reason: str) -> str:
        target = self.folder.with_name(f"{DATA}-rejected-{time.time_ns()}")
        try:
            self.folder.rename(target)
        except OSError:
            target = self.folder
        return f"The records of the last run could not be loaded ({reason}). The stack is empty; they are in {target}."

    def _call(self, operation: str, **fields: str) -> None:
        """Raises Rejected, OSError or HTTPException."""
        project = "/".join(self.database.split("/")[:2])
        connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT)
        headers = {"authorization": "Bearer owner", "content-type": "application/json"}
        try:
            body = json.dumps({"database": self.database, **fields})
            connection.request("POST", f"/emulator/v1/{project}:{operation}", body, headers)
            response = connection.getresponse()
            answer = response.read().decode(errors="replace")
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise Rejected(_message(answer) or f"the emulator answered {response.status}")


def _metadata(folder: Path, name: str) -> Path:
    return folder / name / f"{name}.overall_export_metadata"


def _sizes(folder: Path) -> dict[str, int]:
    """In bytes, of all files of an export."""
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def _message(answer: str) -> str:
    try:
        return str(json.loads(answer)["error"]["message"])
    except (ValueError, TypeError, KeyError):
        return " ".join(answer.split())
