"""Where the output of a command goes: to a full disk, to a pipe that is closed."""

import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.servers.api_server import CREATED, PROGRAM, TIMEOUT, ApiServer, answers

FULL = Path("/dev/full")


def lists(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    record = {"id": "0" * 32, "createdAt": CREATED, "data": {"text": "x" * 1_000}}
    answers(handler, 200, {"records": [record] * 500, "nextPageToken": "more"})


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["--help"], ["list", "--help"], ["--version"]])
def test_a_full_disk_is_one_sentence(server: ApiServer, environ: dict[str, str], arguments: list[str]) -> None:
    server.next_answers = [lists]
    with FULL.open("w") as full:
        done = subprocess.run(
            [PROGRAM, *arguments],
            env={**environ, "DATA_API_URL": server.url, "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    expected = "Error: The output cannot be written (No space left on device); write it to another place.\n"
    assert (1, expected) == (done.returncode, done.stderr)


def test_a_closed_pipe_ends_the_program_without_a_message(server: ApiServer, environ: dict[str, str]) -> None:
    server.next_answers = [lists] * 100
    command = [PROGRAM, "list", "--all", "--url", server.url]
    with subprocess.Popen(
        command, env={**environ, "PYTHONUNBUFFERED": ""}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith(b"0" * 32)
        process.stdout.close()
        stderr = process.stderr.read()
        assert (1, b"") == (process.wait(TIMEOUT), stderr)
