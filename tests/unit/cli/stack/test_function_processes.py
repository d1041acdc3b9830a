"""The environment of the functions in the local stack."""

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from data_api.shared.errors import CliError
from data_api.shared.function_declarations import FunctionDeclaration, read_function_declarations
from data_api.stack.runtime.function_processes import function_process, tracing

PORTS = {"generate": 1, "persist": 2, "present": 3, "delete": 7, "dead-letter": 6, "web": 8}
SERVICES = {
    "GOOGLE_CLOUD_PROJECT": "data-api-local",
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:4",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:5",
}

Environments = Callable[[Mapping[str, str]], dict[str, Mapping[str, str]]]


@pytest.fixture
def environments(tmp_path: Path) -> Environments:
    functions = read_function_declarations()
    for function in functions:
        (tmp_path / f"{function.entry_point}.py").write_text("")
    scratch = (tmp_path / str(number) for number in itertools.count())

    def environments(outer: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
        own = next(scratch)
        own.mkdir()
        return {
            function.name: function_process(
                function, tmp_path, PORTS[function.name], services=SERVICES, scratch=own, environ=outer
            ).environ
            for function in functions
        }

    return environments


def test_each_function_knows_what_it_is_and_where_google_is(environments: Environments, tmp_path: Path) -> None:
    for name, environ in environments({"PATH": "/bin"}).items():
        expected = SERVICES | {
            "FUNCTION_TARGET": name.replace("-", "_"),
            "FUNCTION_SOURCE": str(tmp_path / f"{name.replace('-', '_')}.py"),
            "HOST": "127.0.0.1",
            "PORT": str(PORTS[name]),
            "LOG_EXECUTION_ID": "false",
            "PATH": "/bin",
        }
        assert expected.items() <= environ.items()


def test_each_function_has_the_settings_that_it_needs_and_no_more(environments: Environments) -> None:
    settings = {"TOPIC", "DATABASE", "ROLE_CLAIM", "GRANTS", "CORS_ORIGINS"}
    results = {name: settings & environ.keys() for name, environ in environments({}).items()}

    assert {
        "generate": settings - {"DATABASE"},
        "persist": {"DATABASE"},
        "present": settings - {"TOPIC"},
        "delete": settings - {"TOPIC"},
        "dead-letter": {"DATABASE"},
        "web": {"ROLE_CLAIM"},
    } == results


def test_the_operator_can_choose_who_may_do_what(environments: Environments) -> None:
    chosen = {"DATA_API_GRANTS": '{"data.read": []}', "DATA_API_CORS_ORIGINS": "http://a", "DATA_API_ROLE_CLAIM": "r"}

    standard, own = environments({})["present"], environments(chosen)["present"]

    names = ("GRANTS", "CORS_ORIGINS", "ROLE_CLAIM")
    origins = "http://localhost http://localhost:* http://127.0.0.1 http://127.0.0.1:*"
    assert ("{}", origins, "Role") == tuple(standard[name] for name in names)
    assert ('{"data.read": []}', "http://a", "r") == tuple(own[name] for name in names)


def test_variables_of_the_shell_do_not_change_how_a_function_runs(environments: Environments) -> None:
    shell = dict.fromkeys(("DEBUG", "WORKERS", "FUNCTION_USE_ASGI", "GUNICORN_FD", "FUNCTION_SIGNATURE_TYPE"), "1")
    shell |= {"PORT": "1", "GOOGLE_CLOUD_PROJECT": "mine", "FIRESTORE_EMULATOR_HOST": "elsewhere:1"}

    environ = environments(shell)["generate"]

    assert [] == [name for name in ("DEBUG", "WORKERS", "FUNCTION_USE_ASGI", "GUNICORN_FD") if name in environ]
    assert ("1", "data-api-local") == (environ["PORT"], environ["GOOGLE_CLOUD_PROJECT"])
    assert "127.0.0.1:4" == environ["FIRESTORE_EMULATOR_HOST"]


def test_spans_go_where_the_stack_says_and_not_where_the_shell_does(environments: Environments) -> None:
    shell = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://elsewhere:4318", "OTEL_TRACES_SAMPLER": "always_off"}
    names = {name for environ in environments(shell).values() for name in environ}
    assert set() == {name for name in names if name.startswith("OTEL_")}

    own = tracing("http://127.0.0.1:5")
    assert {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:5", "OTEL_TRACES_SAMPLER_ARG": "1"} == own
    assert {} == tracing(None)


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_a_proxy_is_not_asked_for_this_machine(environments: Environments, name: str) -> None:
    environ = environments({name: "corp.example", "https_proxy": "http://proxy:1"})["persist"]

    assert "corp.example,127.0.0.1,localhost" == environ["no_proxy"] == environ["NO_PROXY"]


def test_no_two_functions_share_the_folder_of_gunicorns_control_socket(environments: Environments) -> None:
    folders = [environ["XDG_RUNTIME_DIR"] for environ in environments({"XDG_RUNTIME_DIR": "/run/user/0"}).values()]

    assert 6 == len(set(folders) - {"/run/user/0"})
    assert all(Path(folder).is_dir() for folder in folders)


def test_a_missing_function_is_named(tmp_path: Path) -> None:
    with pytest.raises(CliError, match=r"^The function generate is missing \(.*generate\.py\): restore .*\.$"):
        function_process(
            FunctionDeclaration("generate", "gateway", "publish-records"),
            tmp_path,
            1,
            services=SERVICES,
            scratch=tmp_path,
            environ={},
        )
