"""The contract as one document, through the gateway."""

from typing import TYPE_CHECKING

import httpx

from dataapi.openapi import source

if TYPE_CHECKING:
    from tests.support.servers.live_api import Api


def test_everybody_may_read_the_contract_and_keep_it(api: "Api") -> None:
    with httpx.Client(base_url=api.url) as client:
        first = client.get("/openapi.json", headers={"origin": "https://anywhere.example.com"})
        again = client.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})

    assert (200, "*") == (first.status_code, first.headers["access-control-allow-origin"])
    assert source.read(source.HERE) == first.json()
    assert (304, b"") == (again.status_code, again.content)
