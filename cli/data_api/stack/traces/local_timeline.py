"""Finds the timeline of one record in what the local stack keeps."""

from collections.abc import Mapping

from data_api.shared import stack_state
from data_api.shared.errors import CliError, ExitCode
from data_api.shared.traces.timeline import Timeline
from data_api.stack.traces import record_files


def local_timeline(environ: Mapping[str, str], port: int, wanted: str) -> Timeline:
    """What the stack on this port knows of a record or a trace; raises CliError if it knows nothing."""
    result = record_files.find(stack_state.home(environ) / str(port), wanted)
    if result is None:
        raise CliError(
            f"Nothing is known about {wanted} on port {port}: check the id, name the stack's port with --port, "
            "and note that `data-api up` starts with empty logs.",
            ExitCode.NOT_FOUND,
        )
    return result
