import pytest

from dataapi.http.content_coding import accepts_gzip


@pytest.mark.parametrize(
    "header", ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, GZIP; q=0.8", "*", "identity;q=0.5, *;q=0.1", "gzip;q=1"]
)
def test_gzip_is_accepted(header: str) -> None:
    assert accepts_gzip(header)


@pytest.mark.parametrize(
    "header", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "x-gzip", "gzip;level=9", ";", "gzip q"]
)
def test_gzip_is_not_accepted(header: str) -> None:
    assert not accepts_gzip(header)
