"""Calls a running stack as anybody does: by its address, with tokens for as many users as a test wants.

Owns what a test may do with a stack wherever it runs (`Api`), and with one that somebody else has started
(`Elsewhere`): on this machine its users' tokens are signed with the laptop stack's own key, as `data-api token` does;
in the cloud by the service account that the stack trusts to name users (its output `tester`), through IAM.
Starting a stack, and choosing between the two, is `stack/conftest.py`'s.
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

Found = TypeVar("Found")
Json = dict[str, Any]  # what a test reads it knows


class Api(ABC):
    """A stack that runs, wherever."""

    environ: Mapping[str, str]  # of programs that call it
    audience: str  # of the tokens that it accepts
    soon: float  # seconds in which what was accepted has to be readable

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def token(self, user: str, *roles: str, claims: Mapping[str, object] | None = None) -> str:
        """For any user; a claim takes the place of any other, and given as None it is left out."""

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

    def eventually(self, condition: Callable[[], Found], seconds: float = 60.0, pause: float = 0.02) -> Found:
        """The condition's value, once it is true; a longer pause for a condition that costs the stack something."""
        until = time.monotonic() + seconds
        while not (result := condition()):
            assert time.monotonic() < until, f"it did not happen in {seconds:.0f} s\n{self.output()[-4_000:]}"
            time.sleep(pause)
        return result

    def output(self) -> str:
        """What it has told whoever started it."""
        return ""


@dataclass(frozen=True)
class Elsewhere(Api):
    """A stack that somebody else has started, here or in the cloud."""

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
        """A gateway that is new takes minutes, and so do the grants behind it."""

        def answers() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(f"{self.url}/healthz", timeout=30).status_code == httpx.codes.OK
            return False

        self.eventually(answers, NEW_GATEWAY, pause=1.0)


def elsewhere(url: str, environ: Mapping[str, str]) -> Elsewhere:
    """The stack at this address, with what the environment says of it."""
    surroundings = clean_environment(environ)
    if urlsplit(url).hostname in ("127.0.0.1", "localhost"):
        signer = cache(partial(_laptop_signer, environ))
        return Elsewhere(url, "https://accounts.google.com", LOCAL_NAMES["audience"], signer, surroundings)
    tester = environ.get(TESTER, "")
    return Elsewhere(url, tester, environ.get(AUDIENCE, ""), cache(partial(_cloud_signer, tester)), surroundings)


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Without what would make the tests depend on the shell that runs them."""
    steering = ("DATA_API_", "FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "FORCE_COLOR")
    return {name: value for name, value in environ.items() if not name.startswith(steering)}


def _laptop_signer(environ: Mapping[str, str]) -> crypt.Signer:
    key = (stack_state.home(environ) / stack_state.SIGNING_KEY).read_text()
    signer: crypt.Signer = crypt.RSASigner.from_string(key)  # type: ignore[no-untyped-call]  # google-auth's
    return signer


def _cloud_signer(account: str) -> crypt.Signer:
    """Signs as a service account, which the credential of this machine must be allowed to."""
    assert account, (
        f"These tests need users of their own: set {TESTER} to the stack's output `tester` (docs/deploy.md)."
    )
    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    signer: crypt.Signer = iam.Signer(Request(), credentials, account)  # type: ignore[no-untyped-call]  # the same
    return signer
