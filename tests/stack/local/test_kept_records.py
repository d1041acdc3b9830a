"""Records survive the stop of a stack, until the user starts a fresh one or deletes them."""

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.records import record_with, text_of

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack, StartStack


def texts(stack: "Stack") -> list[str]:
    with stack.client("ada", "data.read") as ada:
        return sorted(text_of(record["data"]) for record in ada.get("/data?pageSize=500").json()["records"])


def test_accepted_records_survive_the_stop_until_a_fresh_start_and_a_seed_goes_through_the_api(
    start_stack: "StartStack", tmp_path: Path
) -> None:
    records = [record_with(f"{number:03}") for number in range(40)]
    seed = tmp_path / "seed.ndjson"
    seed.write_text("".join(json.dumps(record) + "\n" for record in records))
    expected = [f"{number:03}" for number in range(41)]

    first = start_stack("--seed", str(seed))
    first.wait_until_up()
    first.eventually(lambda: "Seed: 40 records were accepted." in first.output())
    refused = first.command("reset", "--port", str(first.port))
    with first.client("ada", "data.write") as ada:
        assert 202 == ada.post("/data", json=record_with("040")).status_code
    assert 0 == first.end(signal.SIGINT)
    assert [] == first.survivors()
    assert "The records are kept for the next start." in first.output()
    assert (1, f"Port {first.port} is used by another data-api stack" in refused.stderr) == (refused.returncode, True)

    second = start_stack("--seed", str(seed), after=first)
    second.wait_until_up()
    assert "Loaded the records of the last run in " in second.output()
    second.eventually(lambda: "Seed: 40 records were accepted." in second.output())
    assert expected == texts(second)
    assert 0 == second.end(signal.SIGTERM)

    third = start_stack("--fresh", after=first)
    third.wait_until_up()
    assert [] == texts(third)
    assert 0 == third.end(signal.SIGTERM)

    deleted = third.command("reset", "--port", str(third.port))
    again = third.command("reset", "--port", str(third.port))
    assert (0, f"Deleted the records that were kept for port {third.port}.\n") == (deleted.returncode, deleted.stdout)
    assert (0, f"No records are kept for port {third.port}.\n") == (again.returncode, again.stdout)


def test_records_that_pubsub_has_not_delivered_are_stored_after_the_next_start(start_stack: "StartStack") -> None:
    """The emulator delivers about 100 messages a second; a second Ctrl-C does not wait for them."""
    first = start_stack()
    first.wait_until_up()
    lines = "\n".join(json.dumps(record_with(f"{number:04}")) for number in range(1_000))
    with first.client("ada", "data.write") as ada:
        answer = ada.post("/data", content=lines, headers={"content-type": "application/x-ndjson"})
        assert 202 == answer.status_code
    accepted = {receipt["id"] for receipt in answer.json()["records"]}
    first.process.send_signal(signal.SIGINT)
    first.eventually(lambda: "Waiting up to" in first.output())
    assert 0 == first.end(signal.SIGINT)
    assert "are not stored yet and will be after the next start." in first.output()
    assert accepted > {line["id"] for line in first.logs("persist")}

    second = start_stack(after=first)
    second.wait_until_up()
    assert "stored now that the last run had accepted but not stored." in second.output()
    second.eventually(lambda: accepted == _ids(second), pause=1.0)


def _ids(stack: "Stack") -> set[str]:
    listed = stack.command("list", "--all", "--json", "--port", str(stack.port))
    return {record["id"] for record in json.loads(listed.stdout)}


def test_a_stack_that_ends_with_an_error_or_before_it_has_loaded_them_loses_no_records(
    start_stack: "StartStack",
) -> None:
    first = start_stack()
    first.wait_until_up()
    with first.client("ada", "data.write") as ada:
        record_id = ada.post("/data", json=record_with("one")).json()["id"]
    first.eventually(lambda: record_id in {line.get("id") for line in first.logs("persist")})
    pubsub = next(process for process in first.processes if process.pid == first.part("pubsub")["pid"])
    pubsub.kill()
    assert 1 == first.process.wait(20)
    assert "The Pub/Sub emulator ended unexpectedly" in first.output()

    second = start_stack(after=first)
    second.eventually(lambda: len(second.record_processes()) > 3)
    assert 0 == second.end(signal.SIGINT)

    third = start_stack(after=first)
    third.wait_until_up()
    assert ["one"] == texts(third)
