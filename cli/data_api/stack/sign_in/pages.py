"""Makes the HTML of the local sign-in page. Everything that a request sent is escaped."""

from collections.abc import Collection, Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template

HERE = Path(__file__).parent
ROLES = ("data.read", "data.write")
LONGEST_USER = 200  # characters


def choice(parameters: Mapping[str, str], *, user: str, roles: Collection[str], problem: str = "") -> str:
    """The page on which a user is chosen; `parameters` are sent again with the choice."""
    hidden = [
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in parameters.items()
    ]
    checkboxes = [
        f'<label><input type="checkbox" name="role" value="{role}"{" checked" if role in roles else ""}> {role}</label>'
        for role in ROLES
    ]
    return _template("authorize.html").substitute(
        hidden="\n        ".join(hidden),
        user=escape(user),
        longest=LONGEST_USER,
        roles="\n          ".join(checkboxes),
        problem=f'<p role="alert">{escape(problem)}</p>' if problem else "",
    )


def error(problem: str) -> str:
    """The page for a request that is rejected."""
    return _template("error.html").substitute(problem=escape(problem))


@cache
def style_sheet() -> str:
    """The style sheet of both pages."""
    return (HERE / "authorize.css").read_text("utf-8")


@cache
def _template(name: str) -> Template:
    return Template((HERE / name).read_text("utf-8"))
