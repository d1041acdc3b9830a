"""`data-api send`, `list` and `get` against the whole system, as a person at a terminal uses them."""

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.records import REQUIRED, SAMPLE, record_with

if TYPE_CHECKING:
    import subprocess

    from tests.support.servers.live_api import Api


class Person:
    """One user of the API, whom no other test knows."""

    def __init__(self, api: "Api") -> None:
        self._api = api
        self._token = api.token(f"person-{uuid.uuid4()}", "data.read", "data.write")

    def call(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self._api.command(*arguments, "--url", self._api.url, DATA_API_TOKEN=self._token)

    def succeeds(self, *arguments: str) -> str:
        done = self.call(*arguments)
        assert (0, "") == (done.returncode, done.stderr)
        return done.stdout

    def sends(self, *arguments: str) -> list[str]:
        """The ids of the records, in their order."""
        return [json.loads(line)["id"] for line in self.succeeds("send", "--json", *arguments).splitlines()]

    def gets(self, record_id: str) -> dict[str, Any]:
        return dict(json.loads(self.succeeds("get", record_id, "--wait", "10")))

    def lists(self) -> list[dict[str, Any]]:
        return list(json.loads(self.succeeds("list", "--all", "--json")))


@pytest.fixture
def ada(api: "Api") -> Person:
    return Person(api)


def test_a_sent_record_can_be_read_and_is_listed(ada: Person) -> None:
    [record_id] = ada.sends(json.dumps(SAMPLE))

    record = ada.gets(record_id)

    assert (record_id, SAMPLE) == (record["id"], record["data"])
    assert [record] == ada.lists()
    shown = ada.succeeds("list")
    listed_id, created_at, data = shown.rstrip("\n").split("\t")
    assert (record_id, record["createdAt"], SAMPLE) == (listed_id, created_at, json.loads(data))


def test_a_file_of_several_batches_sent_twice_is_stored_once(ada: Person, api: "Api", tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    records = [record_with(f"record {number // 2}") for number in range(1_100)]  # each line twice
    file.write_text("".join(json.dumps(record) + "\n" for record in records))

    ids = ada.sends("--file", str(file))
    again = ada.sends("--file", str(file))
    [last] = ada.sends(json.dumps(SAMPLE))

    assert (1_100, ids) == (len(set(ids)), again)
    # What is sent last is stored when all before it is, or nearly: the count has to be right in the end.
    api.eventually(lambda: len(ada.lists()) >= 1_101)
    assert SAMPLE == ada.gets(last)["data"]
    listed = {record["id"]: record["data"] for record in ada.lists()}
    assert 1_101 == len(listed)
    assert records == [listed[record_id] for record_id in ids]


def test_after_waiting_every_record_is_listed(ada: Person, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text("".join(json.dumps(record_with(f"record {number}")) + "\n" for number in range(1_200)))
    assert "All 1,200 records are valid.\n" == ada.succeeds("send", "--check", str(file))
    shown = ada.succeeds("send", "--wait", str(file))
    assert "1,200 records were accepted.\n1,200 records were stored.\n" == shown
    assert 1_200 == len(ada.lists())


def test_no_user_reads_the_records_of_another(ada: Person, api: "Api") -> None:
    [record_id] = ada.sends(json.dumps(SAMPLE))
    assert SAMPLE == ada.gets(record_id)["data"]

    eve = Person(api)
    assert [] == eve.lists()
    refused = eve.call("get", record_id)
    assert (5, "") == (refused.returncode, refused.stdout)
    assert refused.stderr.startswith("Error: ")


def test_bad_lines_are_named_by_their_numbers_in_the_file(ada: Person, api: "Api", tmp_path: Path) -> None:
    good = json.dumps(SAMPLE)
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(["", *[good] * 1_000, "{}", good, "not json"]))

    result = ada.call("send", "--file", str(file))

    assert (7, "") == (result.returncode, result.stdout)
    named = [line.split(": ")[0] for line in result.stderr.splitlines() if line.startswith("  ")]
    assert [*["  line 1002"] * len(REQUIRED), "  line 1004"] == named
    assert f"  line 1002: /{REQUIRED[0]} " in result.stderr
    assert "1,000 records were accepted, up to line 1001. Running the same command again is safe" in result.stderr
    api.eventually(lambda: len(ada.lists()) == 1_000)


def test_a_list_can_begin_some_time_ago(ada: Person) -> None:
    [record_id] = ada.sends(json.dumps(SAMPLE))
    assert SAMPLE == ada.gets(record_id)["data"]
    assert record_id == ada.succeeds("list", "--since", "5m").split("\t")[0]
    assert "" == ada.succeeds("list", "--until", "5m")
