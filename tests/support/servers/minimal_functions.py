"""Functions without behaviour, for tests of how `data-api up` runs them."""

from pathlib import Path

_MINIMAL = """
import functions_framework.aio
from starlette.responses import JSONResponse

@functions_framework.aio.http
async def {name}(request):
    return JSONResponse({{"status": "ok"}})
"""


def minimal_functions(folder: Path, **first_lines: str) -> str:
    """Writes functions that answer every request with 200, after the given first lines; returns the option for `up`."""
    folder.mkdir()
    for name in ("dead_letter", "delete", "generate", "persist", "present", "web"):
        (folder / f"{name}.py").write_text(first_lines.get(name, "") + _MINIMAL.format(name=name))
    return f"--functions={folder}"
