"""The endpoint of spans: errors, timeouts, and the credential for Google."""

import asyncio
import io
import json
import socket
import time

import pytest
from google.oauth2.credentials import Credentials
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from data_api.shared import ports
from dataapi.telemetry import export
from tests.support.functions.traced import (
    Cloud,
    post,
    traced_to,
)

SLACK = 1.0  # seconds that answers may take on a busy machine, besides what they wait for; an export gives up after 2


async def test_a_failing_endpoint_delays_no_answer_and_is_not_tried_for_a_while(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    [closed] = ports.free_ports(1)
    async with traced_to(f"http://{ports.LOOPBACK}:{closed}", cloud):
        await assert_posted(9, within=export.TIMEOUT + SLACK)
        lines: list[str] = []
        async with asyncio.timeout(20):
            while not any("spans_dropped" in line for line in lines):
                lines += capsys.readouterr().out.splitlines()
                await asyncio.sleep(0.01)
        await assert_posted(1, within=export.TIMEOUT)
        lines += capsys.readouterr().out.splitlines()
    (line,) = (json.loads(line) for line in lines if "spans_dropped" in line)
    assert ("WARNING", "the endpoint did not accept them") == (line["severity"], line["reason"])


async def test_an_endpoint_that_hangs_delays_an_answer_by_no_more_than_the_limit_and_the_next_not_at_all(
    cloud: Cloud,
) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as silent:
        async with traced_to(f"http://{ports.LOOPBACK}:{silent.getsockname()[1]}", cloud):
            await assert_posted(1, within=export.TIMEOUT + SLACK)
            await assert_posted(4, within=SLACK)


async def test_spans_for_google_have_the_credential_of_the_function_and_others_do_not(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[PreparedRequest] = []

    def wire(_: HTTPAdapter, prepared_request: PreparedRequest, **_options: object) -> Response:
        sent.append(prepared_request)
        response = Response()
        response.status_code, response.raw = 200, io.BytesIO()
        return response

    own = Credentials("the-functions-own")  # type: ignore[no-untyped-call]  # google-auth's
    monkeypatch.setattr("google.auth.default", lambda scopes: (own, scopes))
    monkeypatch.setattr(HTTPAdapter, "send", wire)
    for endpoint in ("https://telemetry.googleapis.com", "https://telemetry.googleapis.com.example"):
        async with traced_to(endpoint, cloud):
            await post()
    google, other = sent
    assert "https://telemetry.googleapis.com/v1/traces" == google.url
    assert "Bearer the-functions-own" == google.headers["authorization"]
    assert "authorization" not in other.headers


async def assert_posted(times: int, within: float) -> None:
    """One after the other."""
    began = time.monotonic()
    assert [202] * times == [(await post()).status_code for _ in range(times)]
    assert time.monotonic() - began < within
