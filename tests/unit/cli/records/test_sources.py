"""How records are found in arguments, files and pipes."""

import io
import itertools
from pathlib import Path

import pytest

from data_api.records import sources
from data_api.records.batches import MAX_BYTES
from data_api.records.sources import Source, from_arguments, from_stream
from data_api.shared.errors import CliError


def read(content: bytes) -> Source:
    return from_stream(io.BytesIO(content), "events")


def texts(source: Source) -> list[bytes]:
    return [line.text for line in source.lines]


def refused(content: bytes) -> str:
    with pytest.raises(CliError) as error:
        texts(read(content))
    return error.value.message


def test_lines_keep_their_numbers_in_the_file_when_some_are_blank() -> None:
    source = read(b'\n{"a": 1}\r\n  \n{"b": 2}')
    assert "line" == source.noun
    assert [(2, b'{"a": 1}', 11), (4, b'{"b": 2}', 22)] == [(line.number, line.text, line.end) for line in source.lines]


def test_a_byte_order_mark_is_no_part_of_the_first_record() -> None:
    assert [b'{"a": 1}', b'{"b": 2}'] == texts(read(b'\xef\xbb\xbf{"a": 1}\n{"b": 2}\n'))


def test_ndjson_is_read_no_further_than_it_is_used() -> None:
    class Endless(io.BytesIO):
        """A pipe that never ends."""

        def readline(self, _size: int | None = -1, /) -> bytes:
            return b'{"a": 1}\n'

    lines = from_stream(Endless(), "pipe").lines
    assert [1, 2, 3] == [line.number for line in itertools.islice(lines, 3)]


def test_lines_that_are_no_json_are_left_to_the_api() -> None:
    source = read(b"not json\n\xff\xfe\n{}")
    assert "line" == source.noun
    assert [b"not json", b"\xff\xfe", b"{}"] == texts(source)


def test_one_object_over_several_lines_is_one_record() -> None:
    source = read(b'{\n  "a": 1.10,\n  "b": "x"\n}\n')
    assert "" == source.noun
    assert [b'{   "a": 1.10,   "b": "x" }'] == texts(source)


def test_a_long_file_that_begins_badly_is_not_searched_for_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    class Long(io.BytesIO):
        """So long that reading it to the end would be a mistake."""

        def readline(self, _size: int | None = -1, /) -> bytes:
            lines_read.append(1)
            assert len(lines_read) < 100
            return b"{}\n" if len(lines_read) > 1 else b"{\n"

    lines_read: list[int] = []
    monkeypatch.setattr(sources, "MAX_DOCUMENT", 50)
    source = from_stream(Long(), "pipe")
    assert "line" == source.noun
    assert [b"{", b"{}", b"{}"] == [line.text for line in itertools.islice(source.lines, 3)]


def test_what_follows_a_long_object_over_several_lines_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_DOCUMENT", 50)
    rows = [b"{", b'"a": "%s"}' % (b"x" * 50), b"{}"]
    assert rows == texts(read(b"\n".join(rows)))


def test_the_elements_of_an_array_are_records_digit_by_digit() -> None:
    source = read(b' [ {"a": 1e400,\r\n "a": 0.10} ,\n{"b": "]\\n,"},[], 5\n]\n')
    assert "record" == source.noun
    assert [b'{"a": 1e400,   "a": 0.10}', b'{"b": "]\\n,"}', b"[]", b"5"] == texts(source)


def test_an_empty_array_and_an_empty_file_hold_no_records() -> None:
    assert [] == texts(read(b"[ ]"))
    assert [] == texts(read(b""))
    assert [] == texts(read(b"\n \n"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'[{"a": 1},\n{"b" 2}]', "line 2, column 6: Expecting ':' delimiter"),
        (b'[{"a": 1} {"b": 2}]', "line 1, column 11: expecting a comma or a closing bracket"),
        (b"[{}]\n{}", "line 2, column 1: unexpected text after the array"),
        (b"[{},", "line 1, column 5: Expecting value"),
        (b"[{},]", "line 1, column 5: Expecting value"),
        (b'["\xff"]', "it is not UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
    ],
)
def test_an_array_that_does_not_parse_is_refused_before_anything_is_sent(content: bytes, reason: str) -> None:
    expected = f"events begins like a JSON array but is not valid JSON ({reason}); fix it, or write one record a line."
    assert expected == refused(content)


def test_a_line_too_long_for_any_request_is_refused_by_its_number() -> None:
    message = refused(b"{}\n" + b"x" * (MAX_BYTES + 1))
    assert "Line 2 is over 8,388,608 bytes, more than one request may contain; shorten it." == message
    assert 2 == len(texts(read(b"{}\n" + b"x" * MAX_BYTES)))


def test_arguments_are_numbered_where_there_are_several() -> None:
    assert ("", [b"{}"]) == ((one := from_arguments(["{}"])).noun, texts(one))
    two = from_arguments(["{}", '{\n"a": "ä"}'])
    assert ("argument", [b"{}", '{ "a": "ä"}'.encode()]) == (two.noun, texts(two))


def test_bytes_that_are_no_text_reach_the_api_as_they_were_typed() -> None:
    assert [b'{"a": "\xff"}'] == texts(from_arguments(['{"a": "\udcff"}']))


def test_an_argument_over_several_lines_has_to_be_json() -> None:
    with pytest.raises(CliError) as error:
        from_arguments(["{}", '{"a": "line\nbreak"}'])
    assert error.value.message.startswith("Argument 2 has several lines and is not valid JSON (line 1, column 12: ")


def test_a_file_tells_its_size_and_a_pipe_does_not(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"{}\n{}\n")
    with file.open("rb") as stream:
        assert 6 == from_stream(stream, "events.ndjson").total
    assert read(b"{}\n{}\n").total is None
