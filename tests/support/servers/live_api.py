"""Calls a running stack by its address, with tokens for any user.

`Api` is what a test may do with any stack, `Elsewhere` a stack at a given address. On this machine the tokens of its
users are signed with the key of the local stack, as `data-api token` does; in the cloud by the service account in its
output `tester`, through IAM. Starting a stack is in `local_stack`.
"""

import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import google.auth
import httpx
from google.auth import crypt, iam, jwt
from google.auth.transport.requests import Request

from data_api.shared import stack_state
from data_api.shared.contract import LOCAL_NAMES

AUDIENCE, TESTER, TOKEN = "DATA_API_AUDIENCE", "DATA_API_TESTER", "DATA_API_TOKEN"
PROGRAM = str(Path(sys.executable).with_name("data-api"))
COMMAND_LIMIT = 60.0  # seconds
LIFETIME = 3600  # seconds; Google's ID tokens live an hour
NEW_GATEWAY = 600.0  # seconds until a gateway that has just been made answers

Value = TypeVar("Value")
Json = dict[str, Any]  # what a test reads it knows


class Api(ABC):
    """A running stack."""

    environ: Mapping[str, str]  # of programs that call it
    audience: str  # of the tokens that it accepts
    soon: float  # seconds in which what was accepted has to be readable

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def token(self, user: str, *roles: str, claims: Mapping[str, object] | None = None) -> str:
        """A token for any user. Given claims replace the defaults; a claim that is None is left out."""

    def client(self, user: str, *roles: str) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.token(user, *roles)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def command(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments],
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            timeout=COMMAND_LIMIT,
            check=False,
        )

    def eventually(self, condition: Callable[[], Value], seconds: float = 60.0, pause: float = 0.02) -> Value:
        """Waits until the condition is true, and returns its value; choose a longer pause if it loads the stack."""
        until = time.monotonic() + seconds
        while not (result := condition()):
            assert time.monotonic() < until, f"it did not happen in {seconds:.0f} s\n{self.output()[-4_000:]}"
            time.sleep(pause)
        return result

    def output(self) -> str:
        """The output of `data-api up`, if the test started the stack."""
        return ""


@dataclass(frozen=True)
class Elsewhere(Api):
    """A stack at a given address, on this machine or in the cloud."""

    address: str
    issuer: str
    audience: str
    signer: Callable[[], crypt.Signer]
    environ: Mapping[str, str]
    soon: float = 30.0  # functions that have slept start first

    @property
    def url(self) -> str:
        return self.address

    def token(self, user: str, *roles: str, claims: Mapping[str, object] | None = None) -> str:
        now = int(time.time())
        said: Json = {"iss": self.issuer, "aud": self.audience, "sub": user, "iat": now, "exp": now + LIFETIME}
        said |= {"email": f"{user}@example.com", "email_verified": True} | ({"Role": list(roles)} if roles else {})
        said |= claims or {}
        present = {name: value for name, value in said.items() if value is not None}
        signed: bytes = jwt.encode(self.signer(), present)  # type: ignore[no-untyped-call]  # google-auth's
        return signed.decode("ascii")

    def wait_until_it_answers(self) -> None:
        """A new gateway and its grants take minutes."""

        def answers() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(f"{self.url}/healthz", timeout=30).status_code == httpx.codes.OK
            return False

        self.eventually(answers, NEW_GATEWAY, pause=1.0)


def elsewhere(url: str, environ: Mapping[str, str]) -> Elsewhere:
    """The stack at this address, configured by the environment."""
    surroundings = clean_environment(environ)
    if urlsplit(url).hostname in ("127.0.0.1", "localhost"):
        signer = cache(partial(_laptop_signer, environ))
        return Elsewhere(url, "https://accounts.google.com", LOCAL_NAMES["audience"], signer, surroundings)
    tester = environ.get(TESTER, "")
    return Elsewhere(url, tester, environ.get(AUDIENCE, ""), cache(partial(_cloud_signer, tester)), surroundings)


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without variables of the shell that would change the tests."""
    steering = ("DATA_API_", "FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "FORCE_COLOR")
    return {name: value for name, value in environ.items() if not name.startswith(steering)}


def _laptop_signer(environ: Mapping[str, str]) -> crypt.Signer:
    key = (stack_state.home(environ) / stack_state.SIGNING_KEY).read_text()
    signer: crypt.Signer = crypt.RSASigner.from_string(key)  # type: ignore[no-untyped-call]  # google-auth's
    return signer


def _cloud_signer(account: str) -> crypt.Signer:
    """Signs as a service account; the credential of this machine needs that permission."""
    assert account, (
        f"These tests need users of their own: set {TESTER} to the stack's output `tester` (docs/deploy.md)."
    )
    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    signer: crypt.Signer = iam.Signer(Request(), credentials, account)  # type: ignore[no-untyped-call]  # the same
    return signer
