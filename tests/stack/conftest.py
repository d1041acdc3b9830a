"""Runs the laptop stack as a user does, by `data-api up`, once for all tests of this folder.

Owns the fixtures. `api` is a running stack of which a test knows what a caller knows: the one at --url, or the one
started here. `stack` is the latter, for tests that look behind the gateway, and `begin` starts one for one test; with
--url both are skipped. Every process that a test has started this way is gone afterwards.
"""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from data_api.shared import contract, local_tokens
from data_api.shared.ports import free_ports
from data_api.shared.stack_state import HOME_VARIABLE
from tests.support.servers.live_api import AUDIENCE, PROGRAM, TOKEN, Api, Json, clean_environment, elsewhere

ROOT = Path(__file__).parents[2]
START_LIMIT = 60.0  # seconds; a machine under load may take many times what it takes alone
STOP_LIMIT = 20.0
OWN = "it looks behind the gateway, or stops what runs there: without --url a stack is started for it"


@dataclass
class Stack(Api):
    """A stack that was started, whether or not it is up."""

    process: subprocess.Popen[bytes]
    port: int
    home: Path  # the folder .data-api
    environ: Mapping[str, str]
    shown: Path  # what the terminal has been told
    family: set[psutil.Process] = field(default_factory=set)
    tokens: dict[str, str] = field(default_factory=dict)

    audience = contract.LOCAL_NAMES["audience"]
    soon = 1.0  # nothing sleeps here

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

    def process_state(self, name: str) -> Json:
        return next(process for process in self.state()["processes"] if process["name"] == name)

    def token(self, user: str, *roles: str, claims: Mapping[str, object] | None = None, issuer: str = "google") -> str:
        """Signed here, without a process; a claim given as None is left out."""
        asked = json.dumps([user, roles, issuer, claims])
        if asked not in self.tokens:
            key = local_tokens.signing_key(self.home / "signing-key.pem")
            whose = local_tokens.Issuer(issuer)
            self.tokens[asked] = local_tokens.token(
                contract.load_contract(), key, whose, user, roles=roles, extra=claims
            )
        return self.tokens[asked]

    def logs(self, process: str) -> list[Json]:
        lines = (self.home / str(self.port) / "logs" / f"{process}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def output(self) -> str:
        return self.shown.read_text()

    def remember_family(self) -> set[psutil.Process]:
        """All processes that the supervisor has begun, and theirs; kept, because orphans lose their name."""
        with suppress(psutil.NoSuchProcess):
            self.family |= set(psutil.Process(self.process.pid).children(recursive=True))
        return self.family

    def wait_until_up(self) -> None:
        """As soon as the state says so; a program that ended, ends the waiting."""

        def is_up() -> bool:
            assert self.process.poll() is None, self.output()
            with suppress(OSError, ValueError):
                recorded = json.loads((self.home / str(self.port) / "state.json").read_text())
                return bool(recorded["state"] == "ready")
            return False

        self.eventually(is_up, START_LIMIT)
        self.remember_family()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal and gives the exit code."""
        self.remember_family()
        self.process.send_signal(number)
        return self.process.wait(STOP_LIMIT)

    def survivors(self) -> list[psutil.Process]:
        """Those of the family that still run; the dead whom nobody has asked about do not."""
        _, alive = psutil.wait_procs(self.family, timeout=5)
        return [process for process in alive if _runs(process)]

    def clean_up(self) -> None:
        """Also what a supervisor that failed has left."""
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


Begin = Callable[..., Stack]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--url", help="test the stack at this address instead of one started here")


@pytest.fixture(scope="session")
def api(request: pytest.FixtureRequest) -> Api:
    if url := _url(request):
        result = elsewhere(url, os.environ)
        result.wait_until_it_answers()
        return result
    started: Stack = request.getfixturevalue("stack")
    return started


@pytest.fixture
def credential(api: Api) -> dict[str, str]:
    """What a program that calls as one who may read and write finds in its environment."""
    if isinstance(api, Stack):
        return {TOKEN: api.token("ada", "data.read", "data.write")}
    return {name: os.environ[name] for name in (AUDIENCE, TOKEN, HOME_VARIABLE) if name in os.environ}


@pytest.fixture
def begin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Begin]:
    if _url(request):
        pytest.skip(OWN)
    with _beginnings(tmp_path) as begin_one:
        yield begin_one


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if _url(request):
        pytest.skip(OWN)
    with _beginnings(tmp_path_factory.mktemp("stack")) as begin_one:
        begun = begin_one()
        begun.wait_until_up()
        yield begun


@contextmanager
def _beginnings(folder: Path) -> Iterator[Begin]:
    """Starts stacks in this folder, and stops what is left of them at the end."""
    begun: list[Stack] = []

    def begin_one(*arguments: str, is_read: bool = True, **environ: str) -> Stack:
        home = _home(folder / str(len(begun)))
        port = free_ports(1)[0]
        surroundings = clean_environment(os.environ) | {"DATA_API_HOME": str(home.parent)} | environ
        shown = home.parent / "shown.txt"
        with shown.open("wb") as output:
            process = subprocess.Popen(
                [PROGRAM, "up", "--port", str(port), *arguments],
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=output if is_read else subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C for the tests is not for the stack
            )
        begun.append(Stack(process, port, home, surroundings, shown))
        return begun[-1]

    try:
        yield begin_one
    finally:
        for each in begun:
            each.clean_up()


def _url(request: pytest.FixtureRequest) -> str | None:
    result: str | None = request.config.getoption("--url", None)
    return result


def _home(parent: Path) -> Path:
    """A folder .data-api of its own, but with the project's downloads."""
    home, downloads = parent / ".data-api", ROOT / ".data-api" / "emulators"
    home.mkdir(parents=True)
    downloads.mkdir(parents=True, exist_ok=True)
    (home / "emulators").symlink_to(downloads)
    return home


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
