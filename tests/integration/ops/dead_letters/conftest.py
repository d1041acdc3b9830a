"""Dead letters of a local stack, with both official emulators."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from data_api.ops.dependencies import Dependencies
from data_api.shared import stack_state
from data_api.shared.stack_state import StackState
from tests.support.functions.adapters import PROJECT, Emulator
from tests.support.ops.local_dead_letters import PORT, LocalDeadLetters


@pytest.fixture
def local(firestore: Emulator, pubsub: Emulator, tmp_path: Path) -> LocalDeadLetters:
    name = f"dead-letters-{uuid4().hex}"
    base = f"http://{pubsub.host}/v1"
    topic = f"projects/{PROJECT}/topics/{name}"
    httpx.put(f"{base}/{topic}", json={}).raise_for_status()
    httpx.put(f"{base}/projects/{PROJECT}/subscriptions/{name}", json={"topic": topic}).raise_for_status()
    folder = tmp_path / ".data-api" / str(PORT)
    folder.mkdir(parents=True)
    emulators = {"FIRESTORE_EMULATOR_HOST": firestore.host, "PUBSUB_EMULATOR_HOST": pubsub.host}
    names = {"project": PROJECT, "database": name, "topic": name}
    stack_state.write(folder, StackState("", stack_state.READY, 1, 0.0, "", names, emulators, ()))
    pauses: list[float] = []
    dependencies = Dependencies(root=tmp_path, environ={stack_state.HOME_VARIABLE: str(tmp_path)}, pause=pauses.append)
    return LocalDeadLetters(firestore, base, name, dependencies, pauses)
