"""The case `accept`: POST /data of one record, published to the Pub/Sub emulator."""

from bench.harness.processes import Running
from bench.harness.scale import Scale
from bench.harness.side_by_side import Case, Subject
from bench.workload import messages
from bench.workload.answers import expect
from data_api.shared.errors import CliError

CONNECTIONS = (1, 32, 128)
TARGET_CONNECTIONS = (1, 32)  # those with a target in report/targets.py


def label(connections: int) -> str:
    """The label of the case with this number of connections."""
    return str(connections)


def subject(scale: Scale) -> Subject:
    """The function and its cases."""
    counts = CONNECTIONS if scale.every_case else TARGET_CONNECTIONS
    cases = [Case(label(count), count, lambda _: messages.post()) for count in counts]
    return Subject("generate", cases, lambda _: None, _check)


def _check(running: Running) -> None:
    response = expect(running, messages.post(), 202)
    if response.headers.get("location") != f"/data/{response.json()['id']}":
        raise CliError(f"The response of {running.name} has no Location header with the path of the record.")
