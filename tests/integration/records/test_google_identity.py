"""How a Google ID token is fetched, with the real google-auth and a fake of everything that it calls.

Each test runs a process of its own, because google-auth reads parts of its environment when it is imported. The only
credentials, metadata server and gcloud in that environment are the test's.
"""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.servers.http_server import serving

AUDIENCE = "https://data.example.com"
ROBOT = "robot@project.iam.gserviceaccount.com"
PROGRAM = """
import sys
import google.auth.iam
google.auth.iam._IAM_IDTOKEN_ENDPOINT = sys.argv[1] + "/{}:generateIdToken"
from data_api.shared.errors import CliError
from data_api.records.identity.google_identity import google_token
from data_api.shared.programs import run
try:
    print(google_token(sys.argv[2], run))
except CliError as error:
    sys.exit(error.message)
"""
# What `gcloud auth application-default login` leaves; google-auth warns about this client id.
USER = {
    "type": "authorized_user",
    "client_id": "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com",
    "client_secret": "secret",
    "refresh_token": "refresh",
}

Json = dict[str, Any]  # a test knows what it sends


def segment(content: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def token_for(audience: str) -> str:
    head, claims = segment({"alg": "RS256"}), segment({"aud": audience, "exp": int(time.time()) + 3_600})
    return f"{head}.{claims}.c2ln"


def claims_of(token: str) -> Json:
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


@dataclass
class Google:
    """The token endpoint, IAM and the metadata server; `requests` are path and body."""

    url: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    rejects: bool = False

    def answer(self, path: str, body: str) -> tuple[int, str]:
        self.requests.append((path, body))
        if self.rejects:
            return 400, json.dumps({"error": "invalid_grant", "error_description": "The account is disabled."})
        if path == "/token":
            audience = claims_of(parse_qs(body)["assertion"][0]).get("target_audience")
            return 200, json.dumps({"id_token": token_for(audience)} if audience else {"access_token": "access"})
        if path.endswith(":generateIdToken"):
            return 200, json.dumps({"token": token_for(json.loads(body)["audience"])})
        if "/identity?" in path:
            return 200, token_for(parse_qs(path.partition("?")[2])["audience"][0])
        if path.endswith("?recursive=true"):
            return 200, json.dumps({"email": ROBOT, "scopes": []})
        return 200, "project"


@pytest.fixture(name="google")
def google_server() -> Iterator[Google]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            status, content = google.answer(self.path, body)
            self.send_response(status)
            self.send_header("content-type", "application/json" if content.startswith("{") else "text/plain")
            self.send_header("metadata-flavor", "Google")
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as port:
        google = Google(f"http://127.0.0.1:{port}")
        yield google


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.fixture
def robot_key(google: Google, private_key: str) -> Json:
    """A service account's file, whose tokens come from the fake."""
    return {
        "type": "service_account",
        "client_email": ROBOT,
        "private_key": private_key,
        "token_uri": f"{google.url}/token",
    }


@dataclass
class Machine:
    """The environment of the process: its home folder contains only what a test puts there."""

    home: Path
    google: Google

    def fetch_token(self, **environ: str) -> subprocess.CompletedProcess[str]:
        environment = {"HOME": str(self.home), "PATH": str(self.home), "NO_GCE_CHECK": "true", **environ}
        command = [sys.executable, "-c", PROGRAM, self.google.url, AUDIENCE]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    def put(self, name: str, content: Json) -> str:
        file = self.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
        return str(file)

    def put_gcloud(self, answers: str) -> None:
        """A gcloud that logs its arguments; `answers` are the branches of a shell's case."""
        program = self.home / "gcloud"
        program.write_text(f'#!/bin/sh\necho "$*" >> {self.home}/gcloud-calls\ncase "$*" in\n{answers}\nesac\n')
        program.chmod(0o755)

    def gcloud_calls(self) -> list[str]:
        """The arguments of the calls for a token: google-auth may also ask gcloud for its project."""
        words = "auth print-identity-token"
        lines = (self.home / "gcloud-calls").read_text().splitlines()
        return [line.removeprefix(words).strip() for line in lines if line.startswith(words)]


@pytest.fixture
def machine(tmp_path: Path, google: Google) -> Machine:
    return Machine(tmp_path, google)


def test_a_service_accounts_key_gives_a_token_for_the_audience(machine: Machine, robot_key: Json) -> None:
    result = machine.fetch_token(GOOGLE_APPLICATION_CREDENTIALS=machine.put("key.json", robot_key))
    assert (0, "") == (result.returncode, result.stderr)
    assert AUDIENCE == claims_of(result.stdout)["aud"]


def test_an_impersonated_account_gives_a_token_with_its_email(
    machine: Machine, google: Google, robot_key: Json
) -> None:
    target = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{ROBOT}:generateAccessToken"
    signed_in = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": target,
        "source_credentials": robot_key,
    }
    machine.put(".config/gcloud/application_default_credentials.json", signed_in)
    result = machine.fetch_token()

    assert (0, "") == (result.returncode, result.stderr)
    assert AUDIENCE == claims_of(result.stdout)["aud"]
    path, body = google.requests[-1]
    assert f"/{ROBOT}:generateIdToken" == path
    request = json.loads(body)
    assert (AUDIENCE, True) == (request["audience"], request["includeEmail"])


def test_a_machine_in_the_cloud_uses_its_metadata_server(machine: Machine, google: Google) -> None:
    host = google.url.removeprefix("http://")
    result = machine.fetch_token(NO_GCE_CHECK="false", GCE_METADATA_HOST=host, GCE_METADATA_IP=host)
    assert (0, "") == (result.returncode, result.stderr)
    assert AUDIENCE == claims_of(result.stdout)["aud"]


def test_a_credential_that_google_rejects_is_reported_and_no_other_is_tried(
    machine: Machine, google: Google, robot_key: Json
) -> None:
    google.rejects = True
    machine.put_gcloud("*) echo other;;")
    result = machine.fetch_token(GOOGLE_APPLICATION_CREDENTIALS=machine.put("key.json", robot_key))
    assert (1, "") == (result.returncode, result.stdout)
    assert result.stderr.startswith("Google gives no ID token for this credential (")
    assert "The account is disabled." in result.stderr
    assert not (machine.home / "gcloud-calls").exists()


def test_a_missing_credential_file_is_reported_and_no_other_is_tried(machine: Machine) -> None:
    machine.put_gcloud("*) echo other;;")
    result = machine.fetch_token(GOOGLE_APPLICATION_CREDENTIALS=str(machine.home / "gone.json"))
    assert (1, "") == (result.returncode, result.stdout)
    assert "gone.json was not found" in result.stderr


def test_a_persons_own_account_gives_gclouds_token_for_gcloud(machine: Machine) -> None:
    machine.put(".config/gcloud/application_default_credentials.json", USER)
    reject = "echo 'ERROR: Invalid account type for `--{}`.' >&2; exit 1;;"
    machine.put_gcloud(
        f"*include-email*) {reject.format('include-email')}\n*audiences*) {reject.format('audiences')}\n"
        "*print-identity-token*) echo persons-own;;"
    )
    result = machine.fetch_token()
    assert (0, "persons-own\n", "") == (result.returncode, result.stdout, result.stderr)
    audience = f"--audiences={AUDIENCE}"
    assert [f"{audience} --include-email", audience, ""] == machine.gcloud_calls()


def test_gcloud_signed_in_with_a_service_account_gives_a_token_for_the_audience(machine: Machine) -> None:
    machine.put_gcloud("*include-email*) echo impersonated;;")
    assert "impersonated\n" == machine.fetch_token().stdout
    assert [f"--audiences={AUDIENCE} --include-email"] == machine.gcloud_calls()


def test_gcloud_that_is_not_signed_in_is_reported_with_how_to_fix_it(machine: Machine) -> None:
    machine.put_gcloud("*) printf 'ERROR: No active\\naccount.\\n' >&2; exit 1;;")
    result = machine.fetch_token()
    assert result.stderr.startswith("gcloud gives no ID token (ERROR: No active account.); sign in with `gcloud auth")
    assert 1 == len(machine.gcloud_calls())


def test_a_machine_without_a_credential_is_reported_with_how_to_fix_it(machine: Machine) -> None:
    result = machine.fetch_token()
    assert (1, "") == (result.returncode, result.stdout)
    assert (
        "There is no Google credential on this machine, and gcloud is not installed; sign in with `gcloud auth login`, "
        "impersonate a service account with `gcloud config set auth/impersonate_service_account ACCOUNT`, "
        "set GOOGLE_APPLICATION_CREDENTIALS to a service account's file, or give a token with --token-file.\n"
    ) == result.stderr
