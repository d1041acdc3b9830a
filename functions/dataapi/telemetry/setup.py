"""Chooses the observer: spans where the environment names an endpoint for them, else none."""

from dataapi.gcp import settings
from dataapi.gcp.logs import Logger
from dataapi.telemetry.observer import Observer


def observer(logger: Logger) -> Observer:
    """The observer of this instance, one for all requests."""
    if not settings.traces():
        return Observer()
    from dataapi.telemetry.spans import Spans  # noqa: PLC0415  0.2 s of a cold start, paid only with traces on

    return Spans(logger)
