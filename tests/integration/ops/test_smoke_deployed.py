"""`data-api smoke --stack`: where it finds a deployment's address, and what it tells afterwards."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from data_api.main import main
from data_api.ops.dependencies import Dependencies
from data_api.shared import page_headers, record_schema
from deployment.archive import archive, object_name
from tests.support.servers.google_server import GoogleServer, authorization, google_server
from tests.support.servers.http_server import serving

ROOT = Path(__file__).parents[3]
ARCHIVE = object_name(archive(ROOT))
TOKEN = "head.payload.signature"  # noqa: S105 - of nobody
KEY = "an-api-key"
RECEIPT = {"id": "0" * 32, "createdAt": "2026-01-31T12:00:00.000001Z"}


@pytest.fixture
def url() -> Iterator[str]:
    """An API that accepts one token with one key, and answers each request with the one record."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            is_known = f"Bearer {TOKEN}" == self.headers["authorization"] and KEY == self.headers["x-api-key"]
            if self.path == "/":
                self._send_page()
                return
            record = {**RECEIPT, "data": record_schema.example()}
            body = {"records": [record]} if self.path.startswith("/data?") else record
            self.send_response(200 if is_known else 401)
            self.end_headers()
            self.wfile.write(json.dumps(body if is_known else {"code": 401, "message": "Jwt is missing"}).encode())

        def _send_page(self) -> None:
            self.send_response(200)
            for name, value in {**dict.fromkeys(page_headers.names(), "x"), "content-type": "text/html"}.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as port:
        yield f"http://127.0.0.1:{port}"


def run(folder: Path, outputs: dict[str, str], *arguments: str, google: GoogleServer | None = None) -> Result:
    program = folder / "pulumi"
    secret = f"case $* in *'output apiKey --show-secrets --stack dev') echo {KEY}; exit;; esac"
    program.write_text(f"#!/bin/sh\n{secret}\necho '{json.dumps(outputs)}'\n")
    program.chmod(0o755)
    dependencies = Dependencies(
        root=folder,
        environ={"PATH": f"{folder}:/bin:/usr/bin"},
        address=google.address if google else "http://127.0.0.1:9/{service}",
        authorization=authorization,
        pause=lambda _: None,
    )
    for name in ("infra", "functions", "openapi.yaml", "web"):
        (folder / name).symlink_to(ROOT / name)
    stale = {"DATA_API_URL": "https://another.example.com", "DATA_API_KEY": "stale", "FORCE_COLOR": None}
    environ = {"DATA_API_TOKEN": TOKEN, "DATA_API_AUDIENCE": "stale", **stale}
    return CliRunner().invoke(main, ["smoke", "--stack", "dev", *arguments], obj=dependencies, env=environ)


def test_address_and_key_are_the_stacks_and_are_shown_for_the_next_commands(tmp_path: Path, url: str) -> None:
    result = run(tmp_path, {"url": url, "audience": "data-api-dev.p", "apiKey": "[secret]"})
    assert (0, "") == (result.exit_code, result.stderr), result.output
    assert [
        "No problems. 1 could not be checked.",
        "",
        "For send, list and get in this shell:",
        f"    export DATA_API_URL={url} DATA_API_AUDIENCE=data-api-dev.p",
        "    export DATA_API_KEY=$(pulumi stack output apiKey --show-secrets --stack dev)",
    ] == result.stdout.splitlines()[-5:]


def names_of(result: Result) -> dict[str, tuple[bool | None, str]]:
    """Result and message of the checks about functions, by the first word of the message."""
    checks = json.loads(result.stdout)["checks"]
    return {c["message"].partition(" ")[0]: (c["ok"], c["message"]) for c in checks if c["name"] == "functions"}


@pytest.mark.parametrize("build", [f"{ARCHIVE} 2026-01-31T12:00:00+00:00", "functions-old.zip 2026-01-31T12:00:00Z"])
def test_a_stack_of_another_archive_than_this_checkouts_fails(tmp_path: Path, url: str, build: str) -> None:
    service = "projects/p/locations/r/services/data-api-dev-persist"
    outputs = {"url": url, "audience": "a", "apiKey": "x", "project": "p", "region": "r", "build": build}
    outputs |= {"functions": {"persist": "data-api-dev-persist"}}  # type: ignore[dict-item]  # the one that is no text
    with google_server() as google:
        function = {"state": "ACTIVE", "serviceConfig": {"service": service}}
        env = [{"name": "BUILD", "value": build}]
        google.answers |= {
            ("GET", f"cloudfunctions/v2/{service.replace('services', 'functions')}"): function,
            ("GET", f"run/v2/{service}"): {"latestReadyRevision": f"{service}/revisions/1"},
            ("GET", f"run/v2/{service}/revisions/1"): {"containers": [{"env": env}]},
        }
        result = run(tmp_path, outputs, "--json", google=google)
    results = names_of(result)
    assert (True, f"persist runs {build}") == results["persist"]
    is_this = build.startswith(ARCHIVE)
    assert (0 if is_this else 1) == result.exit_code
    assert is_this == ("dev" not in results)
    if not is_this:
        expected = f"dev was deployed with functions-old.zip, and this checkout is {ARCHIVE}"
        assert (False, expected) == results["dev"]


def test_a_stack_that_is_not_deployed_is_told(tmp_path: Path) -> None:
    result = run(tmp_path, {})
    assert 1 == result.exit_code
    assert "The stack dev has no output url and audience: `pulumi up --stack dev` creates it." in result.stderr


@pytest.mark.parametrize("option", ["--url=https://api.example.com", "--port=8081"])
def test_a_stack_and_an_option_of_another_one_is_a_usage_error(tmp_path: Path, url: str, option: str) -> None:
    result = run(tmp_path, {"url": url, "audience": "a"}, option)
    assert (2, True) == (result.exit_code, f"leave out {option.partition('=')[0]}." in result.stderr)
