"""Defines the emulators of Firestore and Pub/Sub, finds their jars, and makes the commands that start them.

Owns the pinned versions with their addresses and SHA-256 (those of firebase-tools 15.34.2), the jars' places in the
Google Cloud SDK, and the order in which places are searched.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data_api.shared.errors import CliError
from data_api.stack.emulators.download import Download, Progress, download

# With these options the Firestore emulator accepts connections after 0.75 s instead of 1.2 s.
FAST_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
ENGLISH = "-Duser.language=en"  # the only language of the Firestore emulator's messages


@dataclass(frozen=True)
class Emulator:
    """An official emulator: a Java program in one jar."""

    name: str
    host_variable: str  # set by the user: host:port of an emulator that already runs
    sdk_jar: str  # pattern below the Google Cloud SDK's root
    main_class: tuple[str, ...]  # with arguments, for a jar whose manifest has no main class
    download: Download

    def command(self, java: str, jar: Path, port: int) -> list[str]:
        """The command that starts it; raises CliError if the jar cannot be read."""
        start = ["-jar", str(jar)] if _has_main_class(jar) else ["-cp", str(jar), *self.main_class]
        return [java, *FAST_START, ENGLISH, *start, "--host=127.0.0.1", f"--port={port}"]


FIRESTORE = Emulator(
    name="Firestore",
    host_variable="FIRESTORE_EMULATOR_HOST",
    sdk_jar="platform/cloud-firestore-emulator/cloud-firestore-emulator.jar",
    main_class=("com.google.cloud.datastore.emulator.firestore.CloudFirestore", "start"),
    download=Download(
        title="Firestore emulator",
        address="https://storage.googleapis.com/firebase-preview-drop/emulator/cloud-firestore-emulator-v1.22.0.jar",
        size=136707194,
        sha256="9b6498b7f62714d67f48f59b3818883cd682dbcd46b9f59511de81c97bb5166c",
        file="cloud-firestore-emulator-1.22.0.jar",
        alternative="install it with `gcloud components install cloud-firestore-emulator`, "
        "or set FIRESTORE_EMULATOR_HOST to the host:port of one that already runs",
    ),
)

PUBSUB = Emulator(
    name="Pub/Sub",
    host_variable="PUBSUB_EMULATOR_HOST",
    sdk_jar="platform/pubsub-emulator/lib/cloud-pubsub-emulator-*.jar",
    main_class=("com.google.cloud.pubsub.testing.v1.Main",),
    download=Download(
        title="Pub/Sub emulator",
        address="https://storage.googleapis.com/firebase-preview-drop/emulator/pubsub-emulator-0.8.37.zip",
        size=53029797,
        sha256="c83383e0c71633e58abad6fdc9c0312c7d0f6a5a34236c42e3f92eb24ded1c26",
        file="cloud-pubsub-emulator-0.8.37.jar",
        alternative="install it with `gcloud components install pubsub-emulator`, "
        "or set PUBSUB_EMULATOR_HOST to the host:port of one that already runs",
        member="pubsub-emulator/lib/cloud-pubsub-emulator-*.jar",
    ),
)


def find_jar(emulator: Emulator, *, environ: Mapping[str, str], cache: Path, progress: Progress) -> Path:
    """The jar of the Google Cloud SDK, else that in the cache, else a download; raises CliError if that fails."""
    return installed_jar(emulator, environ=environ, cache=cache) or download(emulator.download, cache, progress)


def installed_jar(emulator: Emulator, *, environ: Mapping[str, str], cache: Path) -> Path | None:
    """The jar of the Google Cloud SDK, else that in the cache, else None."""
    cached = cache / emulator.download.file
    return _sdk_jar(emulator, environ) or (cached if cached.exists() else None)


def _sdk_jar(emulator: Emulator, environ: Mapping[str, str]) -> Path | None:
    for root in _sdk_roots(environ):
        if jars := list(root.glob(emulator.sdk_jar)):
            return max(jars, key=_version)
    return None


def _sdk_roots(environ: Mapping[str, str]) -> Iterator[Path]:
    if root := environ.get("CLOUDSDK_ROOT_DIR"):
        yield Path(root)
    if gcloud := shutil.which("gcloud", path=environ.get("PATH", "")):
        yield Path(gcloud).resolve().parent.parent  # ROOT/bin/gcloud, often behind a symbolic link


def _version(jar: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", jar.name)]


def _has_main_class(jar: Path) -> bool:
    """Whether `java -jar` works; it does for all jars but the SDK's Firestore jar."""
    try:
        with zipfile.ZipFile(jar) as zip_file:
            return b"Main-Class:" in zip_file.read("META-INF/MANIFEST.MF")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise CliError(f"{jar} is not a readable jar: delete or reinstall it, then run the command again.") from error
