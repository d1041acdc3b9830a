"""Opens the HTTP connection that a command uses."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from data_api.records.api.client import Api
from data_api.records.identity.credentials import TokenCache, token_source
from data_api.records.options import Caller
from data_api.shared.http_settings import cli_error_for_http_settings

# Seconds without a byte. A response takes the gateway's deadline of 15 at most, or 10 of waiting for a record.
_TIMEOUT = httpx.Timeout(30, connect=10)


@contextmanager
def session(caller: Caller) -> Iterator[Api]:
    """The API as the caller sees it; raises CliError if the caller's options or environment cannot be used."""
    dependencies = caller.dependencies
    tokens = TokenCache(token_source(caller), dependencies.now)
    with _client(caller) as client:
        yield Api(client, tokens, dependencies.retry_timing, is_local=caller.is_local)


def _client(caller: Caller) -> httpx.Client:
    with cli_error_for_http_settings():
        return httpx.Client(
            base_url=caller.url,
            transport=caller.dependencies.transport,
            timeout=_TIMEOUT,
            headers={"x-api-key": caller.api_key} if caller.api_key else {},
            trust_env=not caller.is_local,  # a request to this machine must not go through a proxy
        )
