"""The commands as processes: pipes, Ctrl-C, and the progress bar in a terminal."""

import json
import re
import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.support.servers.api_server import (
    CREATED,
    PROGRAM,
    TIMEOUT,
    ApiServer,
    accepts,
    answers,
    is_busy,
    lines,
    terminal,
)


def test_ctrl_c_while_sending_prints_what_was_accepted(server: ApiServer, environ: dict[str, str]) -> None:
    arrived, released = threading.Event(), threading.Event()

    def hangs(_handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        arrived.set()
        released.wait(TIMEOUT)

    server.next_answers = [accepts, hangs]
    command = [PROGRAM, "send", "--file", "-", "--url", server.url]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        process.stdin.write(lines(1_500))
        process.stdin.close()
        process.stdin = None  # communicate() would close it once more
        assert arrived.wait(TIMEOUT)
        process.send_signal(signal.SIGINT)
        output, stderr = process.communicate(timeout=TIMEOUT)
        released.set()

    assert (130, b"") == (process.returncode, output)
    assert stderr.startswith(b"\nStopped. 1,000 records were accepted, up to line 1000. Running the same command")
    assert 1 == len(stderr.strip().splitlines())


def test_the_progress_bar_goes_to_the_terminal_and_receipts_to_standard_output(
    server: ApiServer, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(lines(2_500))
    server.next_answers = [accepts, is_busy]
    with terminal() as (device, output):
        done = subprocess.run(
            [PROGRAM, "send", "--json", "--file", str(file), "--url", server.url],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=device,
            timeout=TIMEOUT,
            check=True,
        )

    shown = b"".join(output).decode()
    assert 2_500 == len([json.loads(line) for line in done.stdout.splitlines()])
    assert "Sending" in shown
    assert "1,000 records accepted" in shown
    assert "createdAt" not in shown
    [result] = [line for line in shown.splitlines() if "Try again." in line]
    assert re.search(r"\x1b\[2KTry again\. Trying again in [\d.]+ s\.", result)  # behind a line that was cleared


def test_without_a_terminal_no_bar_is_drawn(server: ApiServer, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [PROGRAM, "send", "--file", "-", "--url", server.url],
        env=environ,
        input=lines(2_500),
        capture_output=True,
        timeout=TIMEOUT,
        check=True,
    )
    assert (b"2,500 records were accepted.\n", b"") == (done.stdout, done.stderr)


def stores(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    answers(handler, 200, {"id": handler.path.removeprefix("/data/"), "createdAt": CREATED, "data": {}})


def test_a_bar_shows_how_many_records_are_stored(server: ApiServer, environ: dict[str, str]) -> None:
    server.next_answers = [accepts, *[stores] * 40]
    with terminal() as (device, output):
        done = subprocess.run(
            [PROGRAM, "send", "--wait", "--url", server.url],
            env=environ,
            input=lines(40),
            stdout=subprocess.PIPE,
            stderr=device,
            timeout=TIMEOUT,
            check=True,
        )
    assert b"40 records were accepted.\n40 records were stored.\n" == done.stdout
    assert "Storing" in (shown := b"".join(output).decode())
    assert "40 of 40 records" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)


def test_ctrl_c_while_waiting_says_at_once_how_many_are_on_their_way(
    server: ApiServer, environ: dict[str, str]
) -> None:
    arrived, released = threading.Event(), threading.Event()

    def hangs(_handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        arrived.set()
        released.wait(TIMEOUT)

    server.next_answers = [accepts, *[hangs] * 8]
    command = [PROGRAM, "send", "--wait", *["{}"] * 100, "--url", server.url]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr
        assert arrived.wait(TIMEOUT)
        process.send_signal(signal.SIGINT)
        said = process.stderr.readline() + process.stderr.readline()
        assert said.startswith(b"\nStopped. Records accepted: 100; not known to be stored yet: 100.")
        assert 130 == process.wait(TIMEOUT)  # although the calls in progress get no answer
        released.set()
    assert len(server.keys) <= 1 + 8
