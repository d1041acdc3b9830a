"""Tests how unknown query parameters are named, with the one that the caller may have meant."""

import pytest

from dataapi.errors import BadRequest, Problem
from dataapi.http import query_parameters

KNOWN = ("pageSize", "pageToken", "since", "until", "order")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(("limit", "pageSize"), ("page_size", "pageSize"), ("PAGESIZE", "pageSize"), ("per-page", "pageSize")),
        *(("cursor", "pageToken"), ("page_token", "pageToken"), ("pagetoken", "pageToken"), ("page", "pageToken")),
        *(("from", "since"), ("sinse", "since"), ("to", "until"), ("untill", "until"), ("sort", "order")),
    ],
)
def test_the_nearest_parameter_is_suggested(name: str, meant: str) -> None:
    expected = [Problem(name, f"is not a parameter here; did you mean {meant}?")]
    assert expected == list(query_parameters.unknown([(name, "x")], KNOWN))


def test_without_a_near_one_all_parameters_are_listed() -> None:
    expected = [Problem("xyz", "is not a parameter here; there are pageSize, pageToken, since, until, order")]
    assert expected == list(query_parameters.unknown([("xyz", "")], KNOWN))


def test_a_long_name_is_cut() -> None:
    (problem,) = query_parameters.unknown([("x" * 60_000, "")], KNOWN)
    assert "x" * 100 == problem.field


def test_an_endpoint_without_parameters_rejects_all_but_the_gateways_own() -> None:
    query_parameters.reject_all([("key", "x"), ("access_token", "x")])
    with pytest.raises(BadRequest) as raised:
        query_parameters.reject_all([("key", "x"), ("limit", "5")])
    assert [Problem("limit", "is not a parameter here")] == raised.value.details
