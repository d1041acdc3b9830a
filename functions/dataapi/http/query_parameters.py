"""Reads the query parameters of an endpoint.

Names each one that is invalid or that the endpoint does not have, and the one that the caller may have meant.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from dataapi.errors import MAX_PROBLEMS, BadRequest, Problem

QUERY_INVALID = "The query is invalid. Fix the parameters named in details."
_OF_THE_GATEWAY = frozenset({"access_token", "key"})  # API Gateway reads them itself and passes them on
_NAME_SHOWN = 100  # characters; the name is the caller's
# What other APIs call it.
_ALIASES = {
    "cursor": ("after", "continuation", "from", "nextcursor", "pagetoken", "since", "start", "token"),
    "pageSize": ("count", "limit", "maxresults", "perpage", "size", "top"),
    "pageToken": ("continuation", "cursor", "next", "nextpagetoken", "offset", "page", "startafter", "token"),
    "since": ("after", "begin", "createdafter", "from", "start"),
    "until": ("before", "createdbefore", "end", "to"),
    "order": ("direction", "orderby", "sort", "sortby"),
}


def read(
    parameters: Sequence[tuple[str, str]], readers: Mapping[str, Callable[[str], Any]]
) -> tuple[dict[str, Any], list[Problem]]:
    """The value of each known parameter, and all problems; a reader raises ValueError with what is wrong."""
    fields: dict[str, Any] = {}
    problems = list(unknown(parameters, readers))
    for name, text in parameters:
        if name in fields:
            problems.append(Problem(name, "is given more than once"))
        elif name in readers:
            try:
                fields[name] = readers[name](text)
            except ValueError as error:
                problems.append(Problem(name, str(error)))
    return fields, problems


def parse(parameters: Sequence[tuple[str, str]], readers: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    """The value of each parameter; raises BadRequest that names each one that is invalid or unknown."""
    fields, problems = read(parameters, readers)
    if problems:
        raise BadRequest(QUERY_INVALID, problems[:MAX_PROBLEMS])
    return fields


def unknown(parameters: Sequence[tuple[str, str]], known: Collection[str] = ()) -> Iterator[Problem]:
    """A problem for each name that is neither `known` nor the gateway's own."""
    for name in dict.fromkeys(name for name, _ in parameters):
        if name not in known and name not in _OF_THE_GATEWAY:
            yield Problem(name[:_NAME_SHOWN], f"is not a parameter here{_suggestion(name, known)}")


def reject_all(parameters: Sequence[tuple[str, str]]) -> None:
    """Raises BadRequest for an endpoint without parameters if there are any."""
    if problems := list(unknown(parameters)):
        raise BadRequest(QUERY_INVALID, problems)


def _suggestion(name: str, known: Collection[str]) -> str:
    plain = name[:_NAME_SHOWN].lower().replace("_", "").replace("-", "")
    meant = [own for own in known if plain == own.lower() or plain in _ALIASES.get(own, ())]
    if known and not meant:
        from difflib import get_close_matches  # noqa: PLC0415  for a misspelt name only

        meant = get_close_matches(plain, known, 1)
    if meant:
        return f"; did you mean {meant[0]}?"
    return f"; there are {', '.join(known)}" if known else ""
