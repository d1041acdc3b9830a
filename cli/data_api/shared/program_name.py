"""The name of this program in printed commands, so that users can paste them."""

import shutil
import sys
from pathlib import Path

NAME = "data-api"


def program_name() -> str:
    """`data-api` if PATH finds this program by that name, else its path, relative to the working folder if below it."""
    program = Path(sys.argv[0]).absolute() if Path(sys.argv[0]).name == NAME else Path(sys.executable).with_name(NAME)
    on_path = shutil.which(NAME)
    if on_path and Path(on_path).resolve() == program.resolve():
        return NAME
    working_folder = Path.cwd()
    return str(program.relative_to(working_folder) if program.is_relative_to(working_folder) else program)
