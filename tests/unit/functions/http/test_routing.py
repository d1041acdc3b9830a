"""Which paths match which route."""

import pytest
from starlette.responses import Response

from dataapi.http import routing


async def handler() -> Response:
    return Response()


ROUTES = routing.compiled({path: {"GET": handler} for path in ("/", "/data", "/data/{id}", "/data/{id}/")})


@pytest.mark.parametrize(
    ("path", "route", "parameters"),
    [
        ("/", "/", {}),
        ("/data", "/data", {}),
        ("/data/x", "/data/{id}", {"id": "x"}),
        ("/data/x/", "/data/{id}/", {"id": "x"}),
        ("/data/x\n", "/data/{id}", {"id": "x\n"}),
    ],
)
def test_a_path_matches_its_route_as_a_whole(path: str, route: str, parameters: dict[str, str]) -> None:
    match = routing.find(ROUTES, path)
    assert match
    assert (route, parameters) == (match.route.path, match.parameters)


@pytest.mark.parametrize(
    "path", ["", "//", "/data/", "/data//", "//data", "/data\n", "/data/x/y", "/data/x//", "/datax"]
)
def test_other_paths_and_empty_parameters_match_no_route(path: str) -> None:
    assert routing.find(ROUTES, path) is None
