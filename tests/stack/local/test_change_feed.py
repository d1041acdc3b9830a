"""The change feed through the whole system, while functions are killed: no reader misses a record or sees one twice."""

import asyncio
import os
import signal
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.records import record_with

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack

WRITERS, RECORDS = 20, 20  # of each writer
PAGE_SIZES = (5, 10, 50, 100, 500)  # of the readers
KILLED = {80: "generate", 160: "persist", 240: "present", 320: "persist"}  # after so many accepted records
LIMIT = 240.0  # seconds
PAUSE = 0.05  # seconds between two requests of one client


async def test_each_reader_gets_every_record_once_and_in_the_same_order_while_functions_are_killed(
    stack: "Stack",
) -> None:
    token = stack.token(f"followed-{uuid.uuid4()}", "data.read", "data.write")
    accepted, is_complete = set[str](), asyncio.Event()

    async def write(client: httpx.AsyncClient, writer: int) -> None:
        for number in range(RECORDS):
            name = f"{writer}-{number}"
            key = {"idempotency-key": name}
            post = client.build_request("POST", "/data", json=record_with(name), headers=key)
            accepted.add((await _answered(client, post))["id"])
            if function := KILLED.get(len(accepted)):
                os.kill((await asyncio.to_thread(stack.part, function))["pid"], signal.SIGKILL)

    async def write_all(client: httpx.AsyncClient) -> None:
        await asyncio.gather(*(write(client, writer) for writer in range(WRITERS)))
        await asyncio.to_thread(stack.eventually, lambda: accepted <= _stored(stack), LIMIT, 0.5)
        is_complete.set()

    headers = {"authorization": f"Bearer {token}"}
    async with (
        asyncio.timeout(LIMIT),
        httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=20) as client,
        asyncio.TaskGroup() as group,
    ):
        readers = [group.create_task(_ids_of_all_changes(client, size, is_complete)) for size in PAGE_SIZES]
        await write_all(client)

    seen = [reader.result() for reader in readers]
    assert WRITERS * RECORDS == len(accepted)
    for ids in seen:
        assert (len(accepted), accepted) == (len(ids), set(ids))
    assert [seen[0]] * len(PAGE_SIZES) == seen


async def _ids_of_all_changes(client: httpx.AsyncClient, size: int, is_complete: asyncio.Event) -> list[str]:
    """Follows the feed from its begin; ends with an empty page that was asked for after the last record was stored."""
    ids, parameters = list[str](), {"pageSize": str(size)}
    while True:
        was_complete = is_complete.is_set()
        get = client.build_request("GET", "/data/changes", params=parameters, headers={"prefer": "wait=2"})
        page = await _answered(client, get)
        ids += [change["id"] for change in page["changes"]]
        parameters["cursor"] = page["nextCursor"]
        if was_complete and not page["changes"]:
            return ids


async def _answered(client: httpx.AsyncClient, request: httpx.Request) -> dict[str, Any]:
    """The content of the answer; sends the request again until the answer is no error of the server."""
    while True:
        await asyncio.sleep(PAUSE)
        try:
            answer = await client.send(request)
        except httpx.TransportError:
            continue  # a function was killed
        if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
            return dict(answer.raise_for_status().json())


def _stored(stack: "Stack") -> set[str]:
    return {line["id"] for line in stack.logs("persist") if line["message"] in ("stored", "duplicate")}


pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # killed connections are closed by the other side
