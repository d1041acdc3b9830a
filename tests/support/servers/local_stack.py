"""A stack that `data-api up` has started for the tests, with its processes, logs and emulators."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from data_api.shared import contract, local_tokens
from data_api.shared.ports import free_ports
from tests.support.servers.live_api import PROGRAM, Api, Json, clean_environment

ROOT = Path(__file__).parents[3]
START_LIMIT = 60.0  # seconds; a machine under load is many times slower
STOP_LIMIT = 45.0  # most of it to store or take what was accepted


@dataclass
class Stack(Api):
    """A stack that was started, whether or not it is up."""

    process: subprocess.Popen[bytes]
    port: int
    home: Path  # the folder .data-api
    environ: Mapping[str, str]
    output_file: Path  # the output of `data-api up`
    processes: set[psutil.Process] = field(default_factory=set)
    tokens: dict[str, str] = field(default_factory=dict)

    audience = contract.LOCAL_NAMES["audience"]
    soon = 1.0  # no function has a cold start

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def firestore(self) -> str:
        return str(self.state()["emulators"]["FIRESTORE_EMULATOR_HOST"])

    @property
    def pubsub(self) -> str:
        return str(self.state()["emulators"]["PUBSUB_EMULATOR_HOST"])

    @property
    def topic(self) -> str:
        return "projects/data-api-local/topics/records"

    @property
    def dead_letters(self) -> str:
        return "projects/data-api-local/subscriptions/dead-letters"

    def state(self) -> Json:
        return dict(json.loads(self.command("status", "--json", "--port", str(self.port)).stdout))

    def part(self, name: str) -> Json:
        return next(part for part in self.state()["processes"] if part["name"] == name)

    def token(self, user: str, *roles: str, claims: Mapping[str, object] | None = None, issuer: str = "google") -> str:
        """Signed in this process; a claim that is None is left out."""
        key = json.dumps([user, roles, issuer, claims])
        if key not in self.tokens:
            signing_key = local_tokens.signing_key(self.home / "signing-key.pem")
            local_issuer = local_tokens.Issuer(issuer)
            self.tokens[key] = local_tokens.token(
                contract.load_contract(), signing_key, local_issuer, user, roles=roles, extra=claims
            )
        return self.tokens[key]

    def logs(self, part: str) -> list[Json]:
        lines = (self.home / str(self.port) / "logs" / f"{part}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def output(self) -> str:
        return self.output_file.read_text()

    def record_processes(self) -> set[psutil.Process]:
        """All descendants of the supervisor; recorded, because an orphan no longer has it as a parent."""
        with suppress(psutil.NoSuchProcess):
            self.processes |= set(psutil.Process(self.process.pid).children(recursive=True))
        return self.processes

    def wait_until_up(self) -> None:
        """Fails at once if the program ends."""

        def is_up() -> bool:
            assert self.process.poll() is None, self.output()
            with suppress(OSError, ValueError):
                recorded = json.loads((self.home / str(self.port) / "state.json").read_text())
                return bool(recorded["state"] == "ready")
            return False

        self.eventually(is_up, START_LIMIT)
        self.record_processes()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal, and returns the exit code."""
        self.record_processes()
        self.process.send_signal(number)
        return self.process.wait(STOP_LIMIT)

    def survivors(self) -> list[psutil.Process]:
        """The recorded processes that still run; a zombie does not."""
        _, alive = psutil.wait_procs(self.processes, timeout=5)
        return [process for process in alive if _is_running(process)]

    def clean_up(self) -> None:
        """Kills the processes that a failed supervisor has left, too."""
        if self.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.end()
        self.process.kill()
        self.process.wait(STOP_LIMIT)
        for process in self.survivors():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self.process.stdout:
            self.process.stdout.close()


StartStack = Callable[..., Stack]


@contextmanager
def started_stacks(folder: Path) -> Iterator[StartStack]:
    """Starts stacks in this folder, and stops those that still run at the end.

    A stack `after` another one has its folder and port.
    """
    stacks: list[Stack] = []

    def start_stack(*arguments: str, is_output_read: bool = True, after: Stack | None = None, **environ: str) -> Stack:
        home = after.home if after else _home(folder / str(len(stacks)))
        port = after.port if after else free_ports(1)[0]
        environment = clean_environment(os.environ) | {"DATA_API_HOME": str(home.parent)} | environ
        output_file = home.parent / "shown.txt"
        with output_file.open("wb") as output:
            process = subprocess.Popen(
                [PROGRAM, "up", "--port", str(port), *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output if is_output_read else subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C ends the tests and not the stack
            )
        stacks.append(Stack(process, port, home, environment, output_file))
        return stacks[-1]

    try:
        yield start_stack
    finally:
        for stack in stacks:
            stack.clean_up()


def _home(parent: Path) -> Path:
    """A new folder .data-api with the project's downloads."""
    home, downloads = parent / ".data-api", ROOT / ".data-api" / "emulators"
    home.mkdir(parents=True)
    downloads.mkdir(parents=True, exist_ok=True)
    (home / "emulators").symlink_to(downloads)
    return home


def _is_running(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
