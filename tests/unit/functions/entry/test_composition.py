"""Each entry file composes its dependencies from the environment at the first request, and only then."""

import gc
import json
from collections.abc import Iterator
from types import ModuleType

import pytest

import dead_letter
import delete
import generate
import persist
import present
import probe
import web
from dataapi.gcp import settings
from dataapi.gcp.change_feed import ChangeFeed
from dataapi.gcp.dead_letter_store import DeadLetterStore
from dataapi.gcp.publisher import Publisher
from dataapi.gcp.record_store import RecordStore
from dataapi.gcp.tombstones import Tombstones
from dataapi.telemetry.observer import Observer
from tests.support.functions.adapters import environment
from tests.support.functions.calls import answer, assert_error, request

ENTRY_FILES = (generate, persist, present, delete, dead_letter, web, probe)
UNUSED_PORT = "127.0.0.1:9"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[pytest.MonkeyPatch]:
    """The environment of functions that have not been called yet."""
    threshold = gc.get_threshold()
    with environment(UNUSED_PORT, API_URL="https://data.example.com", AUDIENCE="an-audience") as patch:
        for name in (settings.OTLP_ENDPOINT, settings.TRACES_ENDPOINT, settings.LIMITS, settings.CORS_ORIGINS):
            patch.delenv(name, raising=False)
        _forget()
        yield patch
        _forget()
    gc.set_threshold(*threshold)


def _forget() -> None:
    for entry_file in ENTRY_FILES:
        entry_file.dependencies.cache_clear()


def test_each_function_uses_the_adapters_of_its_services() -> None:
    adapters = {
        "publisher": Publisher,
        "records": RecordStore,
        "changes": ChangeFeed,
        "tombstones": Tombstones,
        "dead_letters": DeadLetterStore,
    }
    uses = {
        entry_file.__name__: {
            name
            for name, adapter in adapters.items()
            if isinstance(getattr(entry_file.dependencies(), name, None), adapter)
        }
        for entry_file in ENTRY_FILES
    }
    stores = {"records", "dead_letters"}
    deleting = {"tombstones", "dead_letters"}
    assert {
        "generate": {"publisher"},
        "persist": stores,
        "present": {*stores, "changes"},
        "delete": deleting,
        "dead_letter": deleting,
        "web": set(),
        "probe": set(),
    } == uses


@pytest.mark.parametrize("entry_file", ENTRY_FILES)
def test_without_an_endpoint_for_traces_requests_are_not_observed(entry_file: ModuleType) -> None:
    assert Observer is type(entry_file.dependencies().observer)


@pytest.mark.parametrize("entry_file", [generate, present, delete])
def test_the_settings_of_a_deployment_reach_its_function(entry_file: ModuleType, fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv(settings.CORS_ORIGINS, "https://app.example.com")
    fresh.setenv(settings.ROLE_CLAIM, "groups")
    dependencies = entry_file.dependencies()
    assert {"https://app.example.com"} == dependencies.origins
    assert "groups" == dependencies.access.role_claim


@pytest.mark.parametrize("entry_file", ENTRY_FILES)
def test_the_environment_is_read_once(entry_file: ModuleType, fresh: pytest.MonkeyPatch) -> None:
    first = entry_file.dependencies()
    fresh.setenv(settings.PROJECT, "another-project")
    assert first is entry_file.dependencies()


@pytest.mark.parametrize("entry_file", ENTRY_FILES)
async def test_only_the_first_request_freezes_the_startup_objects(entry_file: ModuleType) -> None:
    gc.unfreeze()
    function = vars(entry_file)[entry_file.__name__]
    await answer(function, request("GET", "/nothing"))
    frozen = gc.get_freeze_count()
    assert frozen > 0
    later = [[number] for number in range(10_000)]
    await answer(function, request("GET", "/nothing"))
    assert gc.get_freeze_count() < frozen + len(later)


@pytest.mark.parametrize("entry_file", ENTRY_FILES)
@pytest.mark.parametrize("path", ["/healthz", "/data"])
async def test_a_missing_setting_is_named_in_the_log_and_the_answer_is_an_error_of_the_contract(
    entry_file: ModuleType, path: str, fresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.setenv(settings.PROJECT, "")
    response = await answer(vars(entry_file)[entry_file.__name__], request("GET", path))
    assert_error(response, 500, "The service failed.")
    line = json.loads(capsys.readouterr().out)
    assert ("crashed", "CRITICAL") == (line["message"], line["severity"])
    assert line["reason"].startswith("SettingError: GOOGLE_CLOUD_PROJECT is not set.")
