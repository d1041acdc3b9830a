"""Tests that no log line contains what belongs to a user: token, payload, e-mail, subject."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

import dead_letter
import generate
import persist
import present
from dataapi.errors import Unavailable
from dataapi.group_commit import GroupRejectedError
from tests.support.functions.calls import answer, identity, request
from tests.support.functions.deployed import deployed
from tests.support.functions.examples import claims_of

MARKERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=16, max_size=20)  # too long to stand in a line by chance
ROLES = st.sampled_from([(), ("data.read", "data.write")])


def caller(marker: str, roles: tuple[str, ...]) -> dict[str, str]:
    """The headers of a caller all of whose secrets are the marker."""
    header = identity(claims_of(marker, *roles, email=f"{marker}@example.com", email_verified=True, name=marker))
    tokens = dict.fromkeys(("authorization", "x-forwarded-authorization"), f"Bearer {marker}")
    return {**header, **tokens, "idempotency-key": marker, "if-none-match": marker, "origin": marker}


def posts(marker: str, headers: dict[str, str]) -> list[Request]:
    """Posts that hold the marker wherever a post can: good ones and bad ones of every kind."""
    record = f'{{"informationOne": "{marker}", "informationTwo": "{marker}"}}'
    json_type, ndjson_type = ({**headers, "content-type": f"application/{kind}"} for kind in ("json", "x-ndjson"))
    bodies = [record, f'{{"{marker}": "{marker}"}}', f'{{"__{marker}__": 1}}', f'"{marker}', f'["{marker}"]', marker]
    return [
        *(request("POST", f"/data?{marker}={marker}", json_type, body.encode()) for body in bodies),
        request("POST", "/data", ndjson_type, "\n".join(bodies).encode()),
        request("POST", "/data", ndjson_type, record.encode()),
        request("POST", "/data", {**json_type, "idempotency-key": f"{marker} {marker}"}, record.encode()),
        request("POST", "/data", {**headers, "content-type": marker}, record.encode()),
        request("POST", f"/{marker}", json_type, record.encode()),
        request(marker.upper(), "/data", json_type, record.encode()),
    ]


def reads(marker: str, headers: dict[str, str]) -> list[Request]:
    paths = [f"/data?since={marker}&{marker}={marker}", f"/data/{'f' * 32}", f"/data/{marker}", f"/{marker}"]
    return [request("GET", path, {**headers, "prefer": marker}) for path in paths]


def pushes(marker: str) -> list[Request]:
    """Pushes that hold the marker in every part that comes from a user."""
    good: dict[str, Any] = {"id": "f" * 32, "userId": f"{marker}@x", "createdAt": "2026-01-01T00:00:00Z", "data": {}}
    records: list[Any] = [{"informationOne": marker}, {f"__{marker}__": 1}, {marker: [[marker]]}, [marker]]
    messages = [
        *({**good, "data": data} for data in records),
        {**good, "userId": f"{marker}/x"},
        {**good, "id": marker},
    ]
    datas = [*(json.dumps(message).encode() for message in messages), f'{{"{marker}'.encode()]
    bodies = [{"message": {"messageId": "1", "data": base64.b64encode(data).decode()}} for data in datas]
    return [
        *(request("POST", "/", {}, json.dumps(body).encode()) for body in bodies),
        request("POST", "/", {}, f'{{"message": "{marker}'.encode()),
    ]


@pytest.mark.parametrize(
    "fault",
    [None, Unavailable(), GroupRejectedError("refused"), "unforeseen"],
    ids=["none", "unavailable", "refused", "unforeseen"],
)
@settings(max_examples=20, deadline=None)
@given(marker=MARKERS, roles=ROLES)
async def test_no_log_line_has_data_of_a_user(
    fault: Exception | str | None, marker: str, roles: tuple[str, ...]
) -> None:
    headers = caller(marker, roles)
    with deployed() as deployment:
        raised = KeyError(marker) if isinstance(fault, str) else fault
        deployment.publisher.error = deployment.records.error = deployment.dead_letters.error = raised
        for function, requests in (
            (generate.generate, posts(marker, headers)),
            (present.present, reads(marker, headers)),
            (persist.persist, pushes(marker)),
            (dead_letter.dead_letter, pushes(marker)),
        ):
            for request_ in requests:
                await answer(function, request_)
    output = deployment.output.getvalue()
    assert len(output.splitlines()) > 20
    assert marker not in output.lower()
    assert headers["x-apigateway-api-userinfo"] not in output
