"""The archive as it is deployed: unpacked, with only the packages in its requirements."""

import http.client
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deployment.archive import archive
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION
from tests.support.infra.stack_settings import ROOT

TIMEOUT = 60.0  # seconds that a busy machine may take to start a function; an idle one takes one
POLL = 0.05  # seconds


@dataclass(frozen=True)
class Unpacked:
    """The unpacked archive, and the programs of its own environment."""

    folder: Path
    programs: Path


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(io.BytesIO(archive(ROOT))) as zipped:
        zipped.extractall(folder)
    environment = tmp_path_factory.mktemp("environment") / "venv"
    for command in installation(environment, folder / "requirements.txt"):
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return Unpacked(folder, environment / "bin")


@pytest.fixture(scope="module")
def functions(
    unpacked: Unpacked, dev: RecordedDeployment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, int]]:
    """The ports of the running functions, by name."""
    outputs = tmp_path_factory.mktemp("outputs")
    with ExitStack() as running:
        names = [resource.name for resource in dev.all(FUNCTION)]
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        processes = {
            name: running.enter_context(function(unpacked, dev, name, ports[name], outputs / name)) for name in names
        }
        for name, process in processes.items():
            wait_until_it_answers(process, ports[name], outputs / name)
        yield ports
        for process in processes.values():
            process.terminate()  # all at once; each is waited for where it was started


def installation(environment: Path, requirements: Path) -> list[list[str]]:
    """The commands that install the requirements, and nothing else, into a new environment."""
    python = str(environment / "bin" / "python")
    locked = ["--quiet", "--require-hashes", "--requirement", str(requirements)]
    uv = shutil.which("uv", path=os.pathsep.join([os.environ["PATH"], str(ROOT / ".tools" / "bin")]))
    if uv is None:
        return [[sys.executable, "-m", "venv", str(environment)], [python, "-m", "pip", "install", *locked]]
    return [
        [uv, "venv", "--quiet", "--python", sys.executable, str(environment)],
        [uv, "pip", "install", "--python", python, *locked],
    ]


@contextmanager
def function(
    unpacked: Unpacked, stack: RecordedDeployment, name: str, port: int, output: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A function in the Functions Framework, configured by its environment as in the cloud."""
    build = stack.one(FUNCTION, name).inputs["buildConfig"]
    unused = f"127.0.0.1:{free_ports(1)[0]}"
    environment = {
        **stack.environment(name),
        "FUNCTION_TARGET": build["entryPoint"],
        "FUNCTION_SOURCE": build["environmentVariables"]["GOOGLE_FUNCTION_SOURCE"],
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "PUBSUB_EMULATOR_HOST": unused,  # with an emulator the clients need no credential
        "FIRESTORE_EMULATOR_HOST": unused,
    }
    command = [str(unpacked.programs / "functions-framework")]
    with output.open("wb") as written:
        process = subprocess.Popen(
            command, cwd=unpacked.folder, env=environment, stdout=written, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_ports(count: int) -> list[int]:
    with ExitStack() as opened:
        sockets = [opened.enter_context(closing(socket.socket())) for _ in range(count)]
        for opened_socket in sockets:
            opened_socket.bind(("127.0.0.1", 0))
        return [socket.getsockname()[1] for socket in sockets]


def wait_until_it_answers(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            call(port, "GET", "/nothing")
            return
        time.sleep(POLL)
    pytest.fail(f"The function does not start:\n{output.read_text()}")


def call(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    """The status and the JSON of an answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
        connection.request(method, path, body, {"content-type": "application/json"})
        response = connection.getresponse()
        return response.status, json.load(response)


def test_only_the_requirements_of_the_archive_are_installed(unpacked: Unpacked) -> None:
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    python = [str(unpacked.programs / "python"), "-I", "-c", program]
    packages = Path(subprocess.run(python, check=True, capture_output=True, text=True).stdout.strip())
    assert (packages / "functions_framework").is_dir()
    assert not (packages / "pulumi").exists()
    assert not (packages / "pytest").exists()


def test_present_answers_the_health_check(functions: dict[str, int]) -> None:
    assert (200, {"status": "ok"}) == call(functions["present"], "GET", "/health")


def test_generate_answers_401_in_the_form_of_the_contract_without_an_identity(functions: dict[str, int]) -> None:
    status, answer = call(functions["generate"], "POST", "/data", b'{"informationOne": "1", "informationTwo": "2"}')
    assert (401, 401) == (status, answer["code"])
    assert {"code", "message"} == answer.keys()


def test_persist_answers_422_to_a_body_that_is_not_a_push(functions: dict[str, int]) -> None:
    status, answer = call(functions["persist"], "POST", "/", b"garbage")
    assert (422, 422) == (status, answer["code"])


def test_dead_letter_answers_503_while_firestore_is_unavailable(functions: dict[str, int]) -> None:
    """Without Firestore a dead letter must stay on the topic."""
    push = {"message": {"messageId": "1", "data": ""}}
    status, answer = call(functions["dead-letter"], "POST", "/", json.dumps(push).encode())
    assert (503, 503) == (status, answer["code"])
