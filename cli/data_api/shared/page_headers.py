"""Reads functions/web_headers.toml: which headers the web page has."""

import tomllib
from pathlib import Path

from data_api.shared.errors import CliError

PATH = Path(__file__).parents[3] / "functions" / "web_headers.toml"


def names() -> list[str]:
    """The names of the headers; raises CliError."""
    try:
        return [*tomllib.loads(PATH.read_text(encoding="utf-8"))]
    except (OSError, ValueError) as error:
        raise CliError(f"{PATH} cannot be read ({error}): restore it and try again.") from error
