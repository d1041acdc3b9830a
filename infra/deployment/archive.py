"""Packs the functions into the one archive that the cloud builds, always to the same bytes.

Owns the list of what ships: the build compiles every file it is sent, and a folder would bring its caches along. The
entries are stored, not compressed, since zlib's output differs from one Python to the next and the archive's name is
made of its bytes. Where it is uploaded, and who may read it, is `deployment.components.source`'s.
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
_FIRST_TIME = (1980, 1, 1, 0, 0, 0)  # that a zip file can hold
_UNIX = 3
_READABLE = 0o100644 << 16


def archive(root: Path) -> bytes:
    """The archive of the functions below `root`; raises ConfigError if one of the files is not there."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for name in sorted(FILES):
            zipped.writestr(_entry(name), _content(root / FOLDER / name))
    return packed.getvalue()


def object_name(content: bytes) -> str:
    """The archive's name in its bucket: another one for other bytes, so that a change is seen and deployed."""
    return f"functions-{hashlib.sha256(content).hexdigest()[:16]}.zip"


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIRST_TIME)
    entry.create_system = _UNIX
    entry.external_attr = _READABLE
    return entry


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path} is not there but is listed in infra/deployment/archive.py: restore it, or take it from the list."
        ) from error


if __name__ == "__main__":  # the release workflow packs what a deployment would
    Path(sys.argv[1]).write_bytes(archive(Path(__file__).parents[2]))
