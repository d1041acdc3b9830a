"""What `data-api up --trace` shows of a request, and `data-api trace` of a record, from a running stack."""

import json
import signal
from typing import TYPE_CHECKING

from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from tests.support.servers.live_api import Json
    from tests.support.servers.local_stack import Stack, StartStack

NAMES = ["POST /data", "send records", "process", "BatchWrite records"]


def way(stack: "Stack", wanted: str) -> "Json":
    """Waits, because an answer can arrive before its log line is written."""
    content: Json = json.loads(stack.eventually(lambda: known(stack, wanted)))
    return content


def known(stack: "Stack", wanted: str) -> str:
    result = stack.command("trace", wanted, "--json", "--port", str(stack.port))
    assert result.stderr == "" or "Nothing is known" in result.stderr
    return result.stdout


def posted(stack: "Stack", *bodies: "Json", **headers: str) -> list[str]:
    with stack.client("ada", "data.write") as client:
        if len(bodies) == 1:
            return [client.post("/data", json=bodies[0], headers=headers).json()["id"]]
        lines = "\n".join(map(json.dumps, bodies))
        answer = client.post("/data", content=lines, headers={"content-type": "application/x-ndjson", **headers})
        return [receipt["id"] for receipt in answer.json()["records"]]


def events(trace: "Json") -> list[str]:
    return [step["event"] for step in trace["steps"]]


def test_a_request_is_shown_as_a_waterfall_and_its_record_can_be_followed_afterwards(start_stack: "StartStack") -> None:
    stack = start_stack("--trace")
    stack.wait_until_up()
    trace = "0af7651916cd43dd8448eb211c80319c"
    (record_id,) = posted(stack, SAMPLE, traceparent=f"00-{trace}-b7ad6b7169203331-01")

    stack.eventually(lambda: all(name in stack.output().partition(f"trace {trace}")[2] for name in NAMES))
    *_, drawn = stack.output().split(f"trace {trace}  ")
    lines = [line for line in drawn.splitlines()[1:] if "│" in line][: len(NAMES)]
    assert NAMES == [line[12:38].strip() for line in lines]
    assert ["generate", "generate", "persist", "persist"] == [line.split()[0] for line in lines]
    assert all("█" in line for line in lines)
    assert "\x1b" not in stack.output()

    result = way(stack, record_id)
    assert ["received", "published", "accepted", "delivered", "stored"] == events(result)
    assert ("stored", [trace], NAMES) == (
        result["outcome"],
        result["traces"],
        [span["name"] for span in sorted(result["spans"], key=lambda span: span["start"])],
    )
    assert all(step["afterMs"] >= 0 for step in result["steps"])
    assert events(result) == events(way(stack, trace))

    first, second = posted(stack, SAMPLE, SAMPLE)
    stack.eventually(lambda: {"stored"} == {way(stack, record_id)["outcome"] for record_id in (first, second)})
    assert "2 records together" in {step["detail"] for step in way(stack, second)["steps"]}
    assert 0 == stack.end(signal.SIGINT)
    assert [] == stack.survivors()
    assert "stored" == way(stack, record_id)["outcome"]  # what a stack has kept can be read after its end


def test_without_traces_the_log_lines_show_the_path_of_a_record(stack: "Stack") -> None:
    key = {"idempotency-key": "the-same-again"}
    (record_id,) = posted(stack, SAMPLE, **key)
    stack.eventually(lambda: "stored" in events(way(stack, record_id)))
    assert [record_id] == posted(stack, SAMPLE, **key)

    stack.eventually(lambda: ["accepted", "stored", "accepted", "duplicate"] == events(way(stack, record_id)))
    result = way(stack, record_id)
    assert (2, []) == (len(result["traces"]), result["spans"])
    results = stack.command("trace", record_id, "--port", str(stack.port)).stdout.splitlines()
    assert ["accepted", "stored", "accepted", "duplicate"] == [line.split("\t")[2] for line in results]


def test_an_unknown_id_is_reported_with_what_to_check(stack: "Stack") -> None:
    unknown = stack.command("trace", "f" * 32, "--port", str(stack.port))
    malformed = stack.command("trace", "F", "--port", str(stack.port))
    assert (5, "", 1) == (unknown.returncode, unknown.stdout, unknown.stderr.count("\n"))
    assert f"Nothing is known about {'f' * 32} on port {stack.port}" in unknown.stderr
    assert "must be 32 of the digits 0-9 and a-f" in malformed.stderr
