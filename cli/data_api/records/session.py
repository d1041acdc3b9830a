"""Opens the connection that a command uses.

Owns the settings of the HTTP client.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from data_api.records.api import Api
from data_api.records.credentials import Tokens, token_source
from data_api.records.options import Caller
from data_api.shared.errors import CliError

# Seconds without a byte. An answer takes the gateway's deadline of 15 at most, or 10 of waiting for a record.
_TIMEOUT = httpx.Timeout(30, connect=10)


@contextmanager
def session(caller: Caller) -> Iterator[Api]:
    """The API as the caller sees it; raises CliError where it cannot be spoken to at all."""
    tokens = Tokens(token_source(caller), caller.dependencies.now)
    with _client(caller) as client:
        yield Api(client, tokens, caller.dependencies.backoff, is_local=caller.is_local)


def _client(caller: Caller) -> httpx.Client:
    try:
        return httpx.Client(
            base_url=caller.url,
            transport=caller.dependencies.transport,
            timeout=_TIMEOUT,
            headers={"x-api-key": caller.api_key} if caller.api_key else {},
            trust_env=not caller.is_local,  # there is no proxy between this machine and itself
        )
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        raise CliError(
            f"The environment's proxy or certificate settings cannot be used ({error}); correct them."
        ) from error
