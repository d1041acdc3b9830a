"""The command `token`: prints a token for the local stack."""

import json
import os
import time
from typing import Any

import click

from data_api.shared import stack_state

CLOCK_SKEW = 60  # seconds after its expiry for which the gateway still accepts a token
Json = dict[str, Any]  # the claims of a token


@click.command()
@click.option("--user", required=True, metavar="NAME", help="The token's `sub`: whose records it gives access to.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="Put this role into the claim Role: data.read or data.write. Can be repeated; without it there is no claim.",
)
@click.option("--email", metavar="E", help="The e-mail address; NAME@example.com if none is given.")
@click.option(
    "--issuer",
    type=click.Choice(["google", "identity-platform"]),
    default="google",
    show_default=True,
    help="Whose tokens it looks like.",
)
@click.option(
    "--claims",
    metavar="JSON",
    callback=lambda _context, _option, value: _object(value),
    help='More claims, which replace all others; null removes one: \'{"hd": "example.com", "email": null}\'.',
)
@click.option(
    "--expires-in",
    type=int,
    metavar="S",
    help="Seconds until it expires, an hour if not given; below 0 it expired so long before the 60 s that the gateway "
    "allows for clocks that differ.",
)
def token(  # noqa: PLR0913 - one for each option
    *, user: str, roles: tuple[str, ...], email: str | None, issuer: str, claims: Json, expires_in: int | None
) -> None:
    """Print a token for the local stack.

    It is signed by this machine's own key and has the claims of Google's ID tokens. Only the stacks of this folder
    accept it.
    """
    from data_api.shared import local_tokens  # noqa: PLC0415 - keys and YAML: `data-api --help` stays quick without them
    from data_api.shared.contract import load_contract  # noqa: PLC0415 - see above

    expiry = {} if expires_in is None else {"exp": _expiry(int(time.time()), expires_in)}
    signed = local_tokens.token(
        load_contract(),
        local_tokens.signing_key(stack_state.home(os.environ) / stack_state.SIGNING_KEY),
        local_tokens.Issuer(issuer),
        user,
        email=email,
        roles=roles,
        extra=expiry | claims,
    )
    click.echo(signed)


def _expiry(now: int, seconds: int) -> int:
    """Seconds since the epoch; for a token that has expired, outside the gateway's tolerance."""
    return now + seconds - (CLOCK_SKEW if seconds < 0 else 0)


def _object(text: str | None) -> Json:
    if text is None:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise click.BadParameter('give one JSON object, such as \'{"hd": "example.com"}\'.')
    return value
