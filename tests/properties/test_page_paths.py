"""Whatever path is asked for, the function `web` answers with a file of the page or with 404."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import web
from dataapi.web import release
from tests.support.functions.adapters import PAGE, environment
from tests.support.functions.calls import answer, request

SCHEMA = Path(web.__file__).with_name("record.schema.json")
RELEASE = release.read(PAGE, SCHEMA)
SEGMENTS = st.sampled_from(
    ["..", ".", "", "app", "etc", "passwd", "main.js", "index.html", "web.py", "\\", "%2e%2e", "\0", RELEASE.digest]
)
PATHS = st.one_of(
    st.sampled_from(sorted(RELEASE.files)),
    st.lists(SEGMENTS, max_size=8).map(lambda segments: "/app/" + "/".join(segments)),
    st.text(st.characters(exclude_characters="?\r\n", exclude_categories=["Cs"]), max_size=40).map("/app/".__add__),
)


@pytest.fixture(autouse=True, scope="module")
def page() -> Iterator[None]:
    with environment("127.0.0.1:9"):
        web.dependencies.cache_clear()
        yield
        web.dependencies.cache_clear()


@given(PATHS)
@example(f"/app/{RELEASE.digest}/../../../functions/web.py")
@example("/app//etc/passwd")
async def test_a_path_has_the_content_of_its_file_or_none(path: str) -> None:
    response = await answer(web.web, request("GET", path))
    file = RELEASE.files.get(path)
    if file is None and path.rstrip("/") != "/app/config.json":
        assert 404 == response.status_code
    elif file is not None:
        assert (200, file.content) == (response.status_code, response.body)
