"""The search for a record in the log files of a stack."""

import json
from pathlib import Path

from data_api.stack.traces import record_files

ID, TRACE = "a" * 32, "1" * 32


def structured(event: str, second: int, **fields: object) -> bytes:
    place = {"time": f"2026-01-31T12:00:0{second}+00:00", "logging.googleapis.com/trace": f"projects/p/traces/{TRACE}"}
    return json.dumps({"message": event, **fields, **place}, separators=(",", ":")).encode()


def test_lines_that_name_only_the_message_of_a_record_are_found(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    strange = [
        b"\xff{",
        b"{",
        f'{{"id":"{ID}"}}'.encode(),
        f'{{"message":"x","time":"{ID}"}}'.encode(),
        b"{[[" + b"[" * 9_999,
    ]
    strange += [f'{{"message":"without a zone","id":"{ID}","time":"2026-01-31T12:00:00"}}'.encode()]
    rejected = structured("rejected", 1, messageId="7", reason="for once")
    stored = structured("stored", 2, id=ID, messageId="7")
    (logs / "persist.log").write_bytes(b"\n".join([*strange, rejected, stored, stored[:-9]]))
    (logs / "generate.log").write_bytes(structured("accepted", 0, records=1, id=ID) + b"\n")

    result = record_files.find(tmp_path, ID)
    assert result is not None
    assert ["accepted", "rejected", "stored"] == [step.event for step in result.steps]
    assert ["accepted", "rejected", "stored"] == [
        step.event for step in (record_files.find(tmp_path, TRACE) or result).steps
    ]
    assert record_files.find(tmp_path, "b" * 32) is None
    assert record_files.find(tmp_path / "nowhere", ID) is None
