"""Where an emulator's jar is found, and how it is started."""

import zipfile
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from data_api.shared.errors import CliError
from data_api.stack.emulators.download import Advance
from data_api.stack.emulators.emulator import FIRESTORE, PUBSUB, Emulator, find_jar

FIRESTORE_IN_SDK = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
PUBSUB_IN_SDK = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.20-all.jar"


class DownloadBeganError(Exception):
    """Raised instead of a download."""


def no_network(title: str, size: int) -> AbstractContextManager[Advance]:
    raise DownloadBeganError(f"{title}, {size} bytes")


def put(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file


def install_sdk(root: Path, *jars: str) -> Path:
    gcloud = put(root / "bin" / "gcloud")
    gcloud.chmod(0o755)
    for jar in jars:
        put(root / jar)
    return gcloud


def jar_with_manifest(file: Path, manifest: str) -> Path:
    with zipfile.ZipFile(file, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", manifest)
    return file


@pytest.mark.parametrize(("emulator", "place"), [(FIRESTORE, FIRESTORE_IN_SDK), (PUBSUB, PUBSUB_IN_SDK)])
def test_the_jar_of_the_sdk_is_found_through_a_link_to_gcloud(tmp_path: Path, emulator: Emulator, place: str) -> None:
    gcloud = install_sdk(tmp_path / "sdk", FIRESTORE_IN_SDK, PUBSUB_IN_SDK)
    link = tmp_path / "bin" / "gcloud"
    link.parent.mkdir()
    link.symlink_to(gcloud)
    environ = {"PATH": str(link.parent)}
    result = find_jar(emulator, environ=environ, cache=tmp_path / "cache", progress=no_network)
    assert tmp_path / "sdk" / place == result


def test_the_sdk_that_the_environment_names_comes_before_the_one_on_path(tmp_path: Path) -> None:
    install_sdk(tmp_path / "named", FIRESTORE_IN_SDK)
    install_sdk(tmp_path / "on path", FIRESTORE_IN_SDK)
    environ = {"CLOUDSDK_ROOT_DIR": str(tmp_path / "named"), "PATH": str(tmp_path / "on path" / "bin")}
    result = find_jar(FIRESTORE, environ=environ, cache=tmp_path / "cache", progress=no_network)
    assert tmp_path / "named" / FIRESTORE_IN_SDK == result


def test_a_configured_sdk_without_the_component_is_skipped(tmp_path: Path) -> None:
    install_sdk(tmp_path / "named")
    install_sdk(tmp_path / "on path", FIRESTORE_IN_SDK)
    environ = {"CLOUDSDK_ROOT_DIR": str(tmp_path / "named"), "PATH": str(tmp_path / "on path" / "bin")}
    result = find_jar(FIRESTORE, environ=environ, cache=tmp_path / "cache", progress=no_network)
    assert tmp_path / "on path" / FIRESTORE_IN_SDK == result


def test_the_newest_of_several_jars_is_taken(tmp_path: Path) -> None:
    older = PUBSUB_IN_SDK.replace("0.8.20", "0.8.6")
    install_sdk(tmp_path, older, PUBSUB_IN_SDK)
    environ = {"CLOUDSDK_ROOT_DIR": str(tmp_path)}
    result = find_jar(PUBSUB, environ=environ, cache=tmp_path / "cache", progress=no_network)
    assert tmp_path / PUBSUB_IN_SDK == result


def test_the_sdk_comes_before_the_cache(tmp_path: Path) -> None:
    install_sdk(tmp_path / "sdk", FIRESTORE_IN_SDK)
    put(tmp_path / "cache" / FIRESTORE.download.file)
    environ = {"CLOUDSDK_ROOT_DIR": str(tmp_path / "sdk")}
    result = find_jar(FIRESTORE, environ=environ, cache=tmp_path / "cache", progress=no_network)
    assert tmp_path / "sdk" / FIRESTORE_IN_SDK == result


@pytest.mark.parametrize("emulator", [FIRESTORE, PUBSUB])
def test_without_an_sdk_the_cache_is_used(tmp_path: Path, emulator: Emulator) -> None:
    cached = put(tmp_path / emulator.download.file)
    assert cached == find_jar(emulator, environ={}, cache=tmp_path, progress=no_network)


def test_a_download_under_way_in_the_cache_does_not_count_as_an_emulator(tmp_path: Path) -> None:
    put(tmp_path / ".download-abc" / "fetched")
    with pytest.raises(DownloadBeganError, match="Firestore emulator, 136707194 bytes"):
        find_jar(FIRESTORE, environ={}, cache=tmp_path, progress=no_network)


def test_an_sdk_without_the_component_and_an_empty_cache_lead_to_a_download(tmp_path: Path) -> None:
    install_sdk(tmp_path / "sdk", FIRESTORE_IN_SDK)
    environ = {"PATH": str(tmp_path / "sdk" / "bin")}
    with pytest.raises(DownloadBeganError, match="Pub/Sub emulator, 53029797 bytes"):
        find_jar(PUBSUB, environ=environ, cache=tmp_path / "cache", progress=no_network)


def test_a_jar_that_names_its_main_class_is_started_by_itself(tmp_path: Path) -> None:
    jar = jar_with_manifest(tmp_path / "a.jar", "Manifest-Version: 1.0\nMain-Class: com.example.Main\n")
    expected = (
        f"java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.language=en -jar {jar} --host=127.0.0.1 --port=8123"
    )
    assert expected.split() == FIRESTORE.command("java", jar, 8123)
    assert expected.split() == PUBSUB.command("java", jar, 8123)


def test_a_jar_that_names_no_main_class_is_started_by_the_name_the_sdk_uses(tmp_path: Path) -> None:
    jar = jar_with_manifest(tmp_path / "a.jar", "Manifest-Version: 1.0\nCreated-By: createjars\n")
    expected = (
        f"java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.language=en "
        f"-cp {jar} com.google.cloud.datastore.emulator.firestore.CloudFirestore start "
        f"--host=127.0.0.1 --port=8123"
    )
    assert expected.split() == FIRESTORE.command("java", jar, 8123)


@pytest.mark.parametrize("content", [b"", b"half a jar", b"PK\5\6" + bytes(18)], ids=["empty", "cut", "hollow"])
def test_a_damaged_jar_is_named_in_the_error(tmp_path: Path, content: bytes) -> None:
    jar = tmp_path / "damaged.jar"
    jar.write_bytes(content)
    with pytest.raises(CliError, match=r"damaged\.jar is not a readable jar: delete or reinstall it"):
        FIRESTORE.command("java", jar, 8123)


def test_a_missing_jar_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(CliError, match=r"gone\.jar is not a readable jar"):
        FIRESTORE.command("java", tmp_path / "gone.jar", 8123)
