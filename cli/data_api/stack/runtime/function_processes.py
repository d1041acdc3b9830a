"""Makes the functions processes of the stack, under the Functions Framework as in the cloud.

Owns their environment: the variables that `infra` sets in the cloud, with values for the laptop, and without variables
of the user's shell that would change how a function runs.
"""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from data_api.shared import contract
from data_api.shared.errors import CliError
from data_api.shared.function_declarations import FunctionDeclaration, read_function_declarations
from data_api.shared.ports import LOOPBACK
from data_api.stack.emulators.provision import TOPIC
from data_api.stack.runtime.process_spec import ProcessSpec

DATABASE = "data-api"

# Settings that the user can change: the variable in the shell, the functions' variable, and its default.
SETTINGS = (
    ("DATA_API_GRANTS", "GRANTS", "{}"),
    (
        "DATA_API_CORS_ORIGINS",
        "CORS_ORIGINS",
        "http://localhost http://localhost:* http://127.0.0.1 http://127.0.0.1:*",
    ),
    ("DATA_API_ROLE_CLAIM", "ROLE_CLAIM", "Role"),
    ("DATA_API_LIMITS", "LIMITS", "{}"),
)
# These variables change the Functions Framework or gunicorn, and are not set in the cloud. The same is true for OTEL_*,
# which would send spans to the collector of the user's other programs.
NOT_INHERITED = frozenset(
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


def function_process(  # noqa: PLR0913 - one for each input of the process
    function: FunctionDeclaration,
    folder: Path,
    port: int,
    *,
    services: Mapping[str, str],
    scratch: Path,
    environ: Mapping[str, str],
) -> ProcessSpec:
    """The process of a function.

    `services` has the variables of Google's client libraries: the project and the emulators' hosts. Raises CliError if
    the function or the Functions Framework is missing.
    """
    name, source = function.name, folder / f"{function.entry_point}.py"
    if not source.is_file():
        raise CliError(
            f"The function {name} is missing ({source}): restore the folder functions, "
            "or run `data-api` from the environment that `make setup` creates in a complete clone."
        )
    return ProcessSpec(
        name=name,
        title=f"function {name}",
        port=port,
        command=partial(list, [str(_framework())]),
        environ=_inherited(environ)
        | {**services}
        | _settings(function, environ)
        | _framework_variables(function, source, port, scratch),
        restarts=True,
        shows_output=True,
    )


def settings_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the functions as far as it does not depend on ports: all their settings together."""
    settings: dict[str, str] = {}
    for function in read_function_declarations():
        settings |= _settings(function, environ)
    return _inherited(environ) | settings


def tracing(endpoint: str | None) -> dict[str, str]:
    """The variables that make functions send all their spans to this endpoint; empty without an endpoint."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_TRACES_SAMPLER_ARG": "1"} if endpoint else {}


def page_variables(folder: Path, authorization_endpoint: str, api_key: str) -> dict[str, str]:
    """The variables of the function that serves the web page: its files, where people sign in, its API key or none."""
    return {
        "PAGE_FOLDER": str(folder),
        "SIGN_IN_ENDPOINT": authorization_endpoint,
        "SIGN_IN_CLIENT": contract.LOCAL_NAMES["audience"],
        "PAGE_API_KEY": api_key,
    }


def role_claim(environ: Mapping[str, str]) -> str:
    """The name of the tokens' claim with the roles."""
    (claim,) = [environ.get(shell) or default for shell, variable, default in SETTINGS if variable == "ROLE_CLAIM"]
    return claim


def _framework() -> Path:
    """Next to `python`, which is not resolved: in a virtual environment it is a symbolic link to another folder."""
    framework = Path(sys.executable).with_name("functions-framework")
    if not framework.is_file():
        raise CliError(f"The Functions Framework is missing ({framework}): run `make setup` to install it.")
    return framework


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    inherited = {
        name: value for name, value in environ.items() if name not in NOT_INHERITED and not name.startswith("OTEL_")
    }
    no_proxy = ",".join(filter(None, [environ.get("no_proxy") or environ.get("NO_PROXY"), LOOPBACK, "localhost"]))
    return inherited | {
        "LOG_EXECUTION_ID": "false",
        "PYTHONUNBUFFERED": "1",  # a function's output is visible at once
        "NO_PROXY": no_proxy,  # without it gRPC uses the user's proxy even for this machine
        "no_proxy": no_proxy,
    }


def _settings(function: FunctionDeclaration, environ: Mapping[str, str]) -> dict[str, str]:
    """Each function gets only the variables that it needs, as in the cloud."""
    access = {variable: environ.get(shell_variable) or default for shell_variable, variable, default in SETTINGS}
    if function.may == "serve-page":
        return {"ROLE_CLAIM": access["ROLE_CLAIM"]}
    services = {"TOPIC": TOPIC} if function.may == "publish-records" else {"DATABASE": DATABASE}
    return {**services, **(access if function.trigger == "gateway" else {})}


def _framework_variables(function: FunctionDeclaration, source: Path, port: int, scratch: Path) -> dict[str, str]:
    runtime_folder = scratch / function.name
    runtime_folder.mkdir()
    return {
        "FUNCTION_TARGET": function.entry_point,
        "FUNCTION_SOURCE": str(source),
        "HOST": LOOPBACK,
        "PORT": str(port),
        # gunicorn creates its control socket there: in a common folder the functions would overwrite each other's.
        "XDG_RUNTIME_DIR": str(runtime_folder),
    }
