"""The settings of a stack as commands: what Pulumi.<stack>.yaml does not say yet.

Owns how lists and objects are set by their paths, and that members and audiences are added behind those that are there.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_api.ops.init.changes import Change
from data_api.shared.errors import CliError
from data_api.shared.gcloud import AUDIENCE

ROLES = ("data.write", "data.read")
_PULUMI = ("pulumi",)

Settings = Mapping[str, Any]


def set_value(  # noqa: PLR0913 - two of them have defaults
    existing: Settings, key: str, value: str, stack: str, program: tuple[str, ...] = _PULUMI, *, name: str = ""
) -> Iterator[Change]:
    """A text or a number, unless it is set to just that. `name` is how a command names the key."""
    old = existing.get(key)
    if str(old) != value:
        command = (*program, "config", "set", name or key, value, "--stack", stack)
        yield Change(command, "", "" if old is None else str(old), value)


def add_grants(existing: Settings, members: Sequence[str], stack: str) -> Iterator[Change]:
    """Both roles for each member, in Pulumi's syntax of paths."""
    grants = existing.get("data-api:grants") or {}
    if not isinstance(grants, dict):
        raise CliError(f"data-api:grants in Pulumi.{stack}.yaml is not an object: pulumi config rm data-api:grants")
    reason = "Who may write and read, whatever their token says."
    for role in ROLES:
        present = _texts(grants.get(role), f"data-api:grants.{role}", stack)
        for index, member in enumerate((m for m in members if m not in present), len(present)):
            yield _add(f'data-api:grants["{role}"][{index}]', member, stack, reason)
            reason = ""


def add_gcloud_audience(existing: Settings, stack: str) -> Iterator[Change]:
    """Lets the gateway accept the tokens that gcloud makes for people."""
    audiences = _texts(existing.get("data-api:audiences"), "data-api:audiences", stack)
    if AUDIENCE not in audiences:
        reason = (
            "The audience of people's own gcloud tokens: any Google account then reaches the functions, where the "
            "grants decide."
        )
        yield _add(f"data-api:audiences[{len(audiences)}]", AUDIENCE, stack, reason)


def add_alert_emails(existing: Settings, addresses: Sequence[str], stack: str) -> Iterator[Change]:
    """Who gets the alerts by e-mail."""
    present = _texts(existing.get("data-api:alertEmails"), "data-api:alertEmails", stack)
    for index, address in enumerate((a for a in addresses if a not in present), len(present)):
        yield _add(f"data-api:alertEmails[{index}]", address, stack, "Who gets the alerts by e-mail.")


def has_grants(existing: Settings) -> bool:
    """Whether anybody has a role by the settings."""
    return bool(existing.get("data-api:grants"))


def _add(path: str, value: str, stack: str, reason: str) -> Change:
    return Change((*_PULUMI, "config", "set", "--path", path, value, "--stack", stack), reason)


def _texts(value: object, name: str, stack: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise CliError(f"{name} in Pulumi.{stack}.yaml is not a list: correct the file and try again.")
    return [str(item) for item in value]
