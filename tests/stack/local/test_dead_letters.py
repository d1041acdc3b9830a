"""A poison record: accepted, rejected by storage, a dead letter, replayed after a fix, read by its sender."""

import json
from typing import TYPE_CHECKING

from tests.support.records import record_with
from tests.support.servers.live_api import TOKEN

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack, StartStack

AT_ONCE = 55  # records of one batch


def test_a_poison_record_becomes_a_dead_letter_and_can_be_read_after_its_replay(start_stack: "StartStack") -> None:
    poison = record_with("a poison record")
    stack = start_stack("--refuse-storing", "poison")
    stack.wait_until_up()
    port_option = ("--port", str(stack.port))
    with stack.client("ada", "data.read", "data.write") as ada, stack.client("eve", "data.read") as eve:
        records = [json.dumps(record) for record in (record_with("a healthy record"), poison)]
        own_token = {TOKEN: stack.token("ada", "data.read", "data.write")}
        sent = stack.command("send", *records, "--wait", "--json", *port_option, **own_token)
        healthy, record_id = [json.loads(line)["id"] for line in sent.stdout.splitlines()]
        location = f"/data/{record_id}"
        gone = ada.get(location)
        assert (6, f"    argument 2: {record_id}") == (sent.returncode, sent.stderr.splitlines()[-1])
        assert gone.json()["message"] in sent.stderr
        assert (410, "no-store") == (gone.status_code, gone.headers["cache-control"])
        assert "on the dead-letter list: Firestore rejected the write" in gone.json()["message"]
        assert 404 == eve.get(location).status_code
        assert 200 == ada.get(f"/data/{healthy}").status_code

        token = stack.token("ada", "data.read")
        refused = stack.command("get", record_id, *port_option, **{TOKEN: token})
        assert (6, f"Error: {gone.json()['message']}\n") == (refused.returncode, refused.stderr)

        listed = json.loads(stack.command("dead-letters", "list", "--json", *port_option).stdout)
        (letter,) = listed["deadLetters"]
        assert (record_id, "ada@accounts.google.com", 5) == (letter["recordId"], letter["userId"], letter["attempts"])
        assert [letter["reason"]] == [reason["reason"] for reason in listed["reasons"]]

        (stack.home / str(stack.port) / "refuse-storing").unlink()
        replayed = stack.command("dead-letters", "replay", letter["id"], *port_option)
        assert (0, "1 dead letter replayed.\n") == (replayed.returncode, replayed.stdout)
        assert 200 == ada.get(location, headers={"prefer": "wait=10"}).status_code

        read = stack.command("get", record_id, "--json", *port_option, **{TOKEN: token})
        assert poison == json.loads(read.stdout)["data"]
        assert [] == json.loads(stack.command("dead-letters", "list", "--json", *port_option).stdout)["deadLetters"]

        again = stack.command("dead-letters", "replay", letter["id"], *port_option)
        assert 0 == again.returncode
        stack.eventually(lambda: "duplicate" in _events(stack, record_id))
        assert [*["rejected"] * 5, "stored", "duplicate"] == _events(stack, record_id)
        assert 2 == len(ada.get("/data").json()["records"])

    logged = [line.split("\t") for line in stack.command("dead-letters", "log", *port_option).stdout.splitlines()]
    assert [("replay", letter["id"])] * 2 == [(line[2], line[4]) for line in logged]


def test_records_that_fail_together_all_become_dead_letters_and_a_later_failure_is_retried(
    start_stack: "StartStack",
) -> None:
    stack = start_stack("--refuse-storing", "poison")
    stack.wait_until_up()
    refusal_file = stack.home / str(stack.port) / "refuse-storing"
    with stack.client("ada", "data.read", "data.write") as ada:
        lines = "\n".join(json.dumps(record_with(f"poison {number}")) for number in range(AT_ONCE))
        answer = ada.post("/data", content=lines, headers={"content-type": "application/x-ndjson"})
        ids = {receipt["id"] for receipt in answer.json()["records"]}
        assert AT_ONCE == len(ids)
        stack.eventually(lambda: ids == _listed(stack), seconds=60, pause=0.5)
        assert {410} == {ada.get(f"/data/{record_id}").status_code for record_id in ids}

        later = ada.post("/data", json=record_with("poison for a while")).json()["id"]
        stack.eventually(lambda: "rejected" in _events(stack, later))
        refusal_file.unlink()
        stack.eventually(lambda: "stored" in _events(stack, later), seconds=30)
        assert 200 == ada.get(f"/data/{later}").status_code


def _listed(stack: "Stack") -> set[str]:
    return {line["id"] for line in stack.logs("dead-letter") if line["message"] == "dead_lettered"}


def _events(stack: "Stack", record_id: str) -> list[str]:
    return [line["message"] for line in stack.logs("persist") if line.get("id") == record_id]
