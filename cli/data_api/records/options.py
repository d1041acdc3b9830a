"""The options that send, list and get have in common: which API to call, and as whom."""

import functools
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from data_api.records.dependencies import Dependencies
from data_api.shared.ports import DEFAULT_PORT, LOOPBACK

_LOCAL = f"http://{LOOPBACK}:{{}}"
_PATH = re.compile(r"/data(/[0-9a-f]{32})?/?$")  # of a request, which a user may copy with the address
_OPTIONS = (
    click.option(
        "--url",
        envvar="DATA_API_URL",
        show_envvar=True,
        default=_LOCAL.format(DEFAULT_PORT),
        help="The API's address.  [default: the local stack]",
    ),
    click.option("--port", type=click.IntRange(1, 65535), help=f"The local stack's port, if not {DEFAULT_PORT}."),
    click.option("--user", help="Your name on the local stack.  [default: ada]"),
    click.option(
        "--audience",
        envvar="DATA_API_AUDIENCE",
        show_envvar=True,
        help="The audience of a deployed API; the token for it comes from your Google credential.",
    ),
    click.option(
        "--token-file",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="A file with the token to send.  [env var: DATA_API_TOKEN holds the token itself]",
    ),
    click.option(
        "--api-key",
        envvar="DATA_API_KEY",
        show_envvar=True,
        callback=lambda _context, _option, value: _api_key(value),
        help="The API key, which an API with a quota requires in addition to the token.",
    ),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls which API."""

    dependencies: Dependencies
    url: str
    is_local: bool
    user: str | None
    audience: str | None
    token_file: Path | None
    api_key: str | None


def at_deployment(caller: Caller, url: str, audience: str, api_key: str) -> Caller:
    """The same caller of a deployed stack, whatever variables say; raises UsageError for options of the local stack."""
    given = {name for name in ("url", "port", "user", "audience", "api_key") if _is_given(name)}
    if extra := given & {"url", "port", "user"}:
        raise click.UsageError(f"--stack is a deployment, whose address Pulumi knows: leave out --{min(extra)}.")
    return replace(
        caller,
        url=url,
        is_local=_is_loopback(url),
        audience=caller.audience if "audience" in given else audience,
        api_key=caller.api_key if "api_key" in given else api_key or None,
    )


def _is_given(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def caller_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options to a command, which gets the Caller as its first argument."""

    @functools.wraps(command)
    def with_caller(  # noqa: PLR0913 - one for each option
        *,
        url: str,
        port: int | None,
        user: str | None,
        audience: str | None,
        token_file: Path | None,
        api_key: str | None,
        **other_options: Any,  # noqa: ANN401 - the command's own
    ) -> None:
        context = click.get_current_context()
        address = _address(context, url, port)
        is_local = _is_loopback(address)
        _check_user(user, is_local=is_local, has_token=token_file is not None)
        dependencies = context.ensure_object(Dependencies)
        command(Caller(dependencies, address, is_local, user, audience, token_file, api_key), **other_options)

    for option in reversed(_OPTIONS):
        with_caller = option(with_caller)
    return with_caller


def _api_key(value: str | None) -> str | None:
    if value and not (value.isascii() and value.isprintable() and " " not in value):
        raise click.BadParameter("an API key is one word of visible ASCII characters.")
    return value or None


def _address(context: click.Context, url: str, port: int | None) -> str:
    if port is None:
        return _PATH.sub("", url)
    if context.get_parameter_source("url") is ParameterSource.COMMANDLINE:
        raise click.UsageError(f"--port is short for --url {_LOCAL.format('PORT')}: give one of the two.")
    return _LOCAL.format(port)


def _is_loopback(url: str) -> bool:
    """Raises BadParameter for an invalid address, and for one to which a token would be sent unencrypted."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise click.BadParameter(f"{url} is not a valid address ({error}).", param_hint="--url") from error
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
        raise click.BadParameter(f"{url} is not of the form https://HOST.", param_hint="--url")
    if host == "localhost" or _is_loopback_number(host):
        return True
    if parts.scheme != "https":
        raise click.BadParameter(
            "Use https: over http, others on the network could read the token.", param_hint="--url"
        )
    return False


def _is_loopback_number(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_user(user: str | None, *, is_local: bool, has_token: bool) -> None:
    if user is None:
        return
    if not is_local:
        raise click.UsageError(
            "--user is for the local stack; a deployed API identifies you by your Google credential."
        )
    if has_token:
        raise click.UsageError("The token in --token-file already identifies you: leave out --user.")
