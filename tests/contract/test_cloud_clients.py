"""Whom the adapters would call in the cloud, where no emulator is named. No call is made."""

from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials

from dataapi.gcp import settings, store, topic

ANYBODY = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth leaves it out


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a deployed function, with credentials that nobody would accept."""
    for emulator in (settings.FIRESTORE_EMULATOR, settings.PUBSUB_EMULATOR):
        monkeypatch.delenv(emulator, raising=False)
    for name in (settings.PROJECT, settings.DATABASE, settings.TOPIC):
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setattr("google.auth.default", lambda *_, **__: (ANYBODY, "a-project"))


async def test_without_an_emulator_records_go_to_firestore_and_no_emulators_credential_with_them() -> None:
    made: Any = store._firestore.__wrapped__()  # noqa: SLF001  a client of its own, which has to be closed
    try:
        assert "firestore.googleapis.com" == made.client.api_endpoint
        assert () == made.metadata
        assert "projects/google_cloud_project/databases/database/documents/users/u/records/i" == made.document("u", "i")
    finally:
        await made.client.transport.close()


async def test_without_an_emulator_messages_go_to_pubsub() -> None:
    made: Any = topic._client()  # noqa: SLF001  as above
    try:
        assert "pubsub.googleapis.com" == made.api_endpoint
    finally:
        await made.transport.close()
