"""Errors in the environment's proxy and certificate settings, which httpx reads when a client is opened."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from data_api.shared.errors import CliError


@contextmanager
def cli_error_for_http_settings() -> Iterator[None]:
    """For the `with` block that opens an httpx.Client: raises CliError if the settings cannot be used."""
    try:
        yield
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        raise CliError(
            f"The environment's proxy or certificate settings cannot be used ({error}); correct them."
        ) from error
