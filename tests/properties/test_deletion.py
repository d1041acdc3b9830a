"""Tests that a deleted record never comes back, and that one which was not deleted is never lost."""

import base64
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import dead_letter
import delete
import generate
import persist
import present
from dataapi.group_commit import GroupRejectedError
from tests.support.functions.calls import answer, content, identity, request
from tests.support.functions.deployed import Deployment, deployed
from tests.support.functions.examples import claims_of

ADA = identity(claims_of("ada", "data.read", "data.write"))
# What happens to the two records of a user, in any order and as often as you like. A delivery repeats the one message
# that was published: again, late, after a rewind of the topic, or as an operator's replay of a copy.
STEPS = st.tuples(
    st.sampled_from(["post", "deliver", "fail", "give up", "replay", "delete", "read"]), st.sampled_from("ab")
)


class History:
    """The system, and what must be true of each record."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._messages: dict[str, bytes] = {}
        self._ids: dict[str, str] = {}
        self.stored: set[str] = set()
        self.deleted: set[str] = set()

    async def step(self, action: str, key: str) -> None:
        if action == "post":
            await self._post(key)
        elif key not in self._ids:
            return
        elif action in ("deliver", "fail"):
            await self._deliver(key, self._messages[key], fails=action == "fail")
        elif action == "give up":
            response = await answer(dead_letter.dead_letter, self._push(self._messages[key]))
            assert 204 == response.status_code
        elif action == "replay":
            for stored in [*self._deployment.dead_letters.documents.values()]:
                await self._deliver(key if key == self._key_of(stored.letter.record_id) else "", stored.letter.data)
        elif action == "delete":
            response = await answer(delete.delete, request("DELETE", f"/data/{self._ids[key]}", ADA))
            assert 204 == response.status_code
            self.deleted.add(key)
        await self._check(key)

    async def _post(self, key: str) -> None:
        headers = {**ADA, "content-type": "application/json", "idempotency-key": key}
        body = json.dumps({"informationOne": "private", "informationTwo": key}).encode()
        receipt = content(await answer(generate.generate, request("POST", "/data", headers, body)))
        self._ids[key] = receipt["id"]
        self._messages.setdefault(key, self._deployment.publisher.messages[-1].data)

    async def _deliver(self, key: str, data: bytes, *, fails: bool = False) -> None:
        self._deployment.records.error = GroupRejectedError() if fails else None
        response = await answer(persist.persist, self._push(data))
        self._deployment.records.error = None
        assert (422 if fails else 204) == response.status_code
        stored = key or self._key_of(json.loads(data)["id"])
        if not fails and stored not in self.deleted:
            self.stored.add(stored)

    def _key_of(self, record_id: str) -> str:
        return next(key for key, id_ in self._ids.items() if id_ == record_id)

    @staticmethod
    def _push(data: bytes) -> Any:  # noqa: ANN401  a request
        message = {"messageId": "1", "data": base64.b64encode(data).decode()}
        return request("POST", "/", {}, json.dumps({"message": message}).encode())

    async def _check(self, key: str) -> None:
        one = await answer(present.present, request("GET", f"/data/{self._ids[key]}", ADA))
        listed = content(await answer(present.present, request("GET", "/data", ADA)))["records"]
        if key in self.deleted:
            assert 404 == one.status_code
        elif key in self.stored:
            assert 200 == one.status_code
        expected = self.stored - self.deleted
        assert {self._ids[name] for name in expected} == {record["id"] for record in listed}
        changes = content(await answer(present.present, request("GET", "/data/changes", ADA)))["changes"]
        kinds = {change["id"]: change["change"] for change in changes}
        assert {self._ids[name]: "deleted" for name in self.deleted} | {
            self._ids[name]: "stored" for name in expected
        } == kinds
        kept = self._deployment.dead_letters.documents.values()
        assert [] == [stored for stored in kept if stored.letter.record_id in {self._ids[k] for k in self.deleted}]


@settings(deadline=None, max_examples=150)
@given(steps=st.lists(STEPS, max_size=20))
async def test_whatever_the_order_a_deleted_record_stays_deleted_and_no_other_is_lost(
    steps: list[tuple[str, str]],
) -> None:
    with deployed() as deployment:
        history = History(deployment)
        for action, key in steps:
            await history.step(action, key)
