"""Measures how records are accepted: POST /data of one record, behind it an emulator of Pub/Sub with the topic."""

from bench.harness.processes import Running
from bench.harness.scale import Scale
from bench.harness.side_by_side import Case, Subject
from bench.workload import messages
from bench.workload.answers import expect
from data_api.shared.errors import CliError

CONNECTIONS = (1, 32, 128)
LEVELS = (1, 32)  # for which there are levels


def label(connections: int) -> str:
    """The case of so many connections."""
    return str(connections)


def subject(scale: Scale) -> Subject:
    """What is measured."""
    cases = [
        Case(label(count), count, lambda _: messages.post()) for count in (CONNECTIONS if scale.every_case else LEVELS)
    ]
    return Subject("generate", cases, lambda _: None, _check)


def _check(running: Running) -> None:
    answer = expect(running, messages.post(), 202)
    if answer.headers.get("location") != f"/data/{answer.json()['id']}":
        raise CliError(f"The {running.name} does not say where the record will be.")
