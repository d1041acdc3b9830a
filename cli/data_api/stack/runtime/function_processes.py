"""Makes a function a part of the stack: under the Functions Framework, as the cloud runs it.

Owns its environment: what `infra` sets in the cloud with the laptop's values, and nothing of the user's shell
that would make a function run otherwise than it does there.
"""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK
from data_api.stack.emulators.provision import TOPIC
from data_api.stack.runtime.process_spec import ProcessSpec

FUNCTIONS = ("generate", "persist", "present", "dead-letter")
DATABASE = "data-api"

# What the operator may choose for the laptop: the variable in the shell, the functions' own, and its default.
CHOICES = (
    ("DATA_API_GRANTS", "GRANTS", "{}"),
    ("DATA_API_CORS_ORIGINS", "CORS_ORIGINS", "http://localhost:8000"),
    ("DATA_API_ROLE_CLAIM", "ROLE_CLAIM", "Role"),
    ("DATA_API_LIMITS", "LIMITS", "{}"),
)
# They steer the Functions Framework or gunicorn, and are not set in the cloud; nor is what begins with OTEL_, which
# would send spans to wherever the user's other programs send theirs.
FOREIGN = frozenset(
    {
        "DEBUG",
        "FUNCTION_SIGNATURE_TYPE",
        "FUNCTION_USE_ASGI",
        "GUNICORN_FD",
        "GUNICORN_PID",
        "LISTEN_FDS",
        "LISTEN_PID",
        "THREADS",
        "WORKERS",
    }
)


def function_process(  # noqa: PLR0913 - what it is made of
    name: str, folder: Path, port: int, *, services: Mapping[str, str], scratch: Path, environ: Mapping[str, str]
) -> ProcessSpec:
    """`services` names the project and the emulators' hosts, as Google's client libraries read them.

    Refuses with CliError a folder without the function, and an environment without the Functions Framework.
    """
    source = folder / f"{entry_point(name)}.py"
    if not source.is_file():
        raise CliError(
            f"The function {name} is missing ({source}): restore the folder functions, "
            "or run `data-api` from the environment that `make setup` makes in a complete clone."
        )
    return ProcessSpec(
        name=name,
        title=f"function {name}",
        port=port,
        command=partial(list, [str(_framework())]),
        environ=_common(environ) | {**services} | _settings(name, environ) | _service(name, source, port, scratch),
        restarts=True,
        is_heard=True,
    )


def entry_point(name: str) -> str:
    """The Python name of a function: of its entry file, and of the function in it."""
    return name.replace("-", "_")


def tracing(endpoint: str | None) -> dict[str, str]:
    """The variables that make functions send all their spans to this endpoint; none without one."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_TRACES_SAMPLER_ARG": "1"} if endpoint else {}


def _framework() -> Path:
    """Not resolved: an environment's `python` is a link out of it."""
    framework = Path(sys.executable).with_name("functions-framework")
    if not framework.is_file():
        raise CliError(f"The Functions Framework is missing ({framework}): run `make setup` to install it.")
    return framework


def _common(environ: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in environ.items() if name not in FOREIGN and not name.startswith("OTEL_")}
    direct = ",".join(filter(None, [environ.get("no_proxy") or environ.get("NO_PROXY"), LOOPBACK, "localhost"]))
    return inherited | {
        "LOG_EXECUTION_ID": "false",
        "PYTHONUNBUFFERED": "1",  # what a function prints is to be seen at once
        "NO_PROXY": direct,  # gRPC would go through the user's proxy even to this machine
        "no_proxy": direct,
    }


def _settings(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Each function has what it needs and no more, as in the cloud."""
    access = {inner: environ.get(outer) or default for outer, inner, default in CHOICES}
    return {
        "generate": {"TOPIC": TOPIC, **access},
        "persist": {"DATABASE": DATABASE},
        "present": {"DATABASE": DATABASE, **access},
        "dead-letter": {"DATABASE": DATABASE},
    }[name]


def _service(name: str, source: Path, port: int, scratch: Path) -> dict[str, str]:
    own = scratch / name
    own.mkdir()
    return {
        "FUNCTION_TARGET": entry_point(name),
        "FUNCTION_SOURCE": str(source),
        "HOST": LOOPBACK,
        "PORT": str(port),
        # gunicorn puts its control socket there: in a common folder each would take the others' place.
        "XDG_RUNTIME_DIR": str(own),
    }
