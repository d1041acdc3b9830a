"""Sign-in on the local stack, from the page's configuration to a call of the API with the token."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.records import SAMPLE
from tests.support.servers.local_stack import Stack


def sign_in(stack: Stack, **choice: object) -> httpx.Response:
    """Posts the form of the sign-in page with this choice."""
    known = httpx.get(f"{stack.url}/app/config.json").json()["signIn"]
    endpoint = known["authorizationEndpoint"]
    asked = {
        "client_id": known["clientId"],
        "redirect_uri": f"{stack.url}/",
        "response_type": "id_token",
        "scope": "openid email",
        "nonce": "n-1",
    }
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(endpoint))
    return httpx.post(endpoint, data={**asked, **choice}, headers={"origin": origin})


@pytest.mark.parametrize(("roles", "status"), [(["data.read", "data.write"], 202), (["data.read"], 403)])
def test_the_token_of_the_sign_in_page_has_the_chosen_user_and_roles(
    stack: Stack, roles: list[str], status: int
) -> None:
    location = sign_in(stack, user="ada", role=roles).headers["location"]
    assert location.startswith(f"{stack.url}/#")
    (token,) = parse_qs(urlsplit(location).fragment)["id_token"]
    answer = httpx.post(f"{stack.url}/data", json=SAMPLE, headers={"authorization": f"Bearer {token}"})
    assert status == answer.status_code


def test_the_ready_lines_name_the_page(stack: Stack) -> None:
    stack.eventually(lambda: "Ctrl-C stops everything." in stack.output())
    assert f"  The web page: {stack.url}/\n" in stack.output()
    assert 200 == httpx.get(f"{stack.url}/").status_code
