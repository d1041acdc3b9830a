"""Packs the functions into one archive, from which Cloud Functions builds them; equal files give equal bytes.

Lists the files of the archive: the build compiles every file it gets, and a whole folder would include caches. Entries
are not compressed, because zlib's output differs between Python versions, and the archive's name is a hash of its
bytes. deployment.components.source uploads the archive.
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

from deployment.config_error import ConfigError

FOLDER = "functions"
FILES = (
    "dead_letter.py",
    "generate.py",
    "persist.py",
    "present.py",
    "record.schema.json",
    "requirements.txt",
    "dataapi/__init__.py",
    "dataapi/errors.py",
    "dataapi/gc_tuning.py",
    "dataapi/group_commit.py",
    "dataapi/interfaces.py",
    "dataapi/strict_json.py",
    "dataapi/timestamps.py",
    "dataapi/trace_context.py",
    "dataapi/auth/__init__.py",
    "dataapi/auth/authorization.py",
    "dataapi/auth/identity.py",
    "dataapi/gcp/__init__.py",
    "dataapi/gcp/dead_letter_store.py",
    "dataapi/gcp/firestore.py",
    "dataapi/gcp/logs.py",
    "dataapi/gcp/publisher.py",
    "dataapi/gcp/record_store.py",
    "dataapi/gcp/rpc.py",
    "dataapi/gcp/settings.py",
    "dataapi/gcp/values.py",
    "dataapi/http/__init__.py",
    "dataapi/http/admission_control.py",
    "dataapi/http/dispatch.py",
    "dataapi/http/headers.py",
    "dataapi/http/prefer_wait.py",
    "dataapi/http/query_parameters.py",
    "dataapi/http/routing.py",
    "dataapi/http/throttle.py",
    "dataapi/messages/__init__.py",
    "dataapi/messages/dead_letter.py",
    "dataapi/messages/push.py",
    "dataapi/records/__init__.py",
    "dataapi/records/firestore_limits.py",
    "dataapi/records/pagination.py",
    "dataapi/records/record.py",
    "dataapi/records/schema.py",
    "dataapi/records/submission.py",
    "dataapi/telemetry/__init__.py",
    "dataapi/telemetry/attributes.py",
    "dataapi/telemetry/context.py",
    "dataapi/telemetry/export.py",
    "dataapi/telemetry/observer.py",
    "dataapi/telemetry/setup.py",
    "dataapi/telemetry/spans.py",
)
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # of all entries: the earliest of the format
_CREATED_ON_UNIX = 3
_REGULAR_FILE = 0o100644 << 16  # readable by everybody: the build runs as another user


def archive(root: Path) -> bytes:
    """The archive of the functions of the repository at `root`; raises ConfigError if a file is missing."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zip_file:
        for name in sorted(FILES):
            zip_file.writestr(_entry(name), _content(root / FOLDER / name))
    return content.getvalue()


def object_name(content: bytes) -> str:
    """The archive's name in its bucket: a hash of its bytes, so that Pulumi deploys every change."""
    return f"functions-{hashlib.sha256(content).hexdigest()[:16]}.zip"


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
            f"{path} is missing, but infra/deployment/archive.py lists it: restore it, or remove it from the list."
        ) from error


if __name__ == "__main__":  # the release workflow attaches the archive of a deployment
    Path(sys.argv[1]).write_bytes(archive(Path(__file__).parents[2]))
