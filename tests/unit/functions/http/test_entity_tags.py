import pytest

from dataapi.http.entity_tags import is_current


@pytest.mark.parametrize("header", ['"a"', 'W/"a"', '"b", W/"a"', "*", ' "b" ,"a" '])
def test_the_client_has_the_answer_with_the_tag(header: str) -> None:
    assert is_current(header, '"a"')


@pytest.mark.parametrize("header", ["", '"b"', "a", 'W/"ab"'])
def test_the_client_has_no_answer_with_the_tag(header: str) -> None:
    assert not is_current(header, '"a"')
