"""Calls Google's REST interfaces and reads their answers.

Owns the form of a call, of a time and of an error (https://google.aip.dev/193), and which failures are tried again:
those that pass, of calls that may be repeated. The one seam for tests is the address, which is a parameter.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from data_api.ops.errors import GoogleError
from data_api.shared.http_settings import cli_error_for_http_settings

Json = Any  # whatever Google answers; who reads it knows the form
Parameters = Mapping[str, str | list[str]]

ADDRESS = "https://{service}.googleapis.com"
_TIMEOUT = httpx.Timeout(60, connect=10)  # seconds without a byte
_PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before the second try and those after it
_PASSING = {0, 429, 500, 502, 503, 504}
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


class Google:
    """Google as one identity sees it. Safe to use from several threads."""

    def __init__(self, client: httpx.Client, address: str, pause: Callable[[float], None]) -> None:
        self._client = client
        self._address = address
        self._pause = pause

    def get(self, service: str, path: str, parameters: Parameters | None = None) -> Json:
        """Reads; raises GoogleError."""
        return self._patiently("GET", service, path, parameters, None)

    def ask(self, service: str, path: str, body: Json) -> Json:
        """Reads by a POST, as queries are; raises GoogleError."""
        return self._patiently("POST", service, path, None, body)

    def change(
        self, method: str, service: str, path: str, *, parameters: Parameters | None = None, body: Json = None
    ) -> Json:
        """Sends a call that changes something, once; raises GoogleError."""
        return self._call(method, service, path, parameters, body)

    def _patiently(self, method: str, service: str, path: str, parameters: Parameters | None, body: Json) -> Json:
        for pause in _PAUSES:
            try:
                return self._call(method, service, path, parameters, body)
            except GoogleError as error:
                if error.status not in _PASSING:
                    raise
                self._pause(pause)
        return self._call(method, service, path, parameters, body)

    def _call(self, method: str, service: str, path: str, parameters: Parameters | None, body: Json) -> Json:
        address = self._address.format(service=service) + path
        host = f"{service}.googleapis.com"
        try:
            answer = self._client.request(method, address, params=parameters, json=body)
        except httpx.HTTPError as error:
            raise GoogleError(
                f"{host} does not answer ({error}); see that this machine reaches it, then run the command again.",
                status=0,
                reason="",
                service=host,
            ) from error
        content = _content(answer)
        if answer.is_success and content is not None:
            return content
        raise _refused(answer, content, host)


@contextmanager
def connected(
    auth: httpx.Auth, pause: Callable[[float], None], address: str = ADDRESS, *, connections: int = 20
) -> Iterator[Google]:
    """Google for the block; raises CliError where the environment's settings keep it from being called at all."""
    with cli_error_for_http_settings():
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        client = httpx.Client(auth=auth, timeout=_TIMEOUT, limits=limits)
    with client:
        yield Google(client, address, pause)


def moment(text: str) -> datetime:
    """A time as Google writes it, with up to nine digits behind the second."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(seconds).replace(microsecond=int(fraction[:6].ljust(6, "0")), tzinfo=UTC)


def written(time: datetime) -> str:
    """A time as Google reads it."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _content(answer: httpx.Response) -> Json:
    """None for what is not JSON."""
    try:
        return answer.json()
    except ValueError:
        return None


def _refused(answer: httpx.Response, content: Json, host: str) -> GoogleError:
    """A streaming call answers with a list, of which an error is the only item."""
    first = content[0] if isinstance(content, list) and content else content
    error = first.get("error") if isinstance(first, dict) else None
    if not isinstance(error, dict):
        status_line = f"{answer.status_code} {answer.reason_phrase}"
        return GoogleError(f"{host} answers {status_line}.", status=answer.status_code, reason="", service=host)
    info: dict[str, Any] = next(
        (detail for detail in error.get("details", []) if detail.get("@type") == _ERROR_INFO), {}
    )
    return GoogleError(
        f"{host} rejected the request: {str(error.get('message', '')).rstrip('.')}.",
        status=answer.status_code,
        reason=info.get("reason") or error.get("status", ""),
        service=info.get("metadata", {}).get("service", host),
        consumer=str(info.get("metadata", {}).get("consumer", "")).removeprefix("projects/"),
    )
