"""How records are read from arguments, files and pipes."""

import io
import itertools
from pathlib import Path

import pytest

from data_api.records.sending import sources
from data_api.records.sending.batches import MAX_BYTES
from data_api.records.sending.sources import Source, from_arguments, from_stream
from data_api.shared.errors import CliError


def read(content: bytes) -> Source:
    return from_stream(io.BytesIO(content), "events")


def texts(source: Source) -> list[bytes]:
    return [line.text for line in source.lines]


def error_of(content: bytes) -> str:
    with pytest.raises(CliError) as raised:
        texts(read(content))
    return raised.value.message


def test_lines_keep_their_numbers_in_the_file_when_some_are_blank() -> None:
    source = read(b'\n{"a": 1}\r\n  \n{"b": 2}')
    assert "line" == source.noun
    assert [(2, b'{"a": 1}', 11), (4, b'{"b": 2}', 22)] == [(line.number, line.text, line.end) for line in source.lines]


def test_a_byte_order_mark_is_not_part_of_the_first_record() -> None:
    assert [b'{"a": 1}', b'{"b": 2}'] == texts(read(b'\xef\xbb\xbf{"a": 1}\n{"b": 2}\n'))


def test_ndjson_is_read_no_further_than_it_is_used() -> None:
    class Endless(io.BytesIO):
        """A pipe that never ends."""

        def readline(self, _size: int | None = -1, /) -> bytes:
            return b'{"a": 1}\n'

    lines = from_stream(Endless(), "pipe").lines
    assert [1, 2, 3] == [line.number for line in itertools.islice(lines, 3)]


def test_lines_that_are_not_json_are_passed_to_the_api() -> None:
    source = read(b"not json\n\xff\xfe\n{}")
    assert "line" == source.noun
    assert [b"not json", b"\xff\xfe", b"{}"] == texts(source)


def test_one_object_over_several_lines_is_one_record() -> None:
    source = read(b'{\n  "a": 1.10,\n  "b": "x"\n}\n')
    assert "" == source.noun
    assert [b'{   "a": 1.10,   "b": "x" }'] == texts(source)


def test_a_long_file_whose_first_line_is_invalid_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    class Long(io.BytesIO):
        """A pipe too long to be read to its end."""

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


def test_the_elements_of_an_array_are_records_with_their_text_unchanged() -> None:
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
        (b"[{}]\n{}", "line 2, column 1: something follows the array"),
        (b"[{},", "line 1, column 5: Expecting value"),
        (b"[{},]", "line 1, column 5: Expecting value"),
        (b'["\xff"]', "it is not UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
    ],
)
def test_an_array_that_does_not_parse_is_rejected_before_anything_is_sent(content: bytes, reason: str) -> None:
    expected = f"events starts like a JSON array but is not one ({reason}); fix it, or write one record per line."
    assert expected == error_of(content)


def test_a_line_too_long_for_any_request_is_named_by_its_number() -> None:
    message = error_of(b"{}\n" + b"x" * (MAX_BYTES + 1))
    assert "Line 2 is over 8,388,608 bytes, the limit of one request; shorten it." == message
    assert 2 == len(texts(read(b"{}\n" + b"x" * MAX_BYTES)))


def test_arguments_are_numbered_where_there_are_several() -> None:
    assert ("", [b"{}"]) == ((one := from_arguments(["{}"])).noun, texts(one))
    two = from_arguments(["{}", '{\n"a": "ä"}'])
    assert ("argument", [b"{}", '{ "a": "ä"}'.encode()]) == (two.noun, texts(two))


def test_the_total_is_known_for_a_file_and_not_for_a_pipe(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"{}\n{}\n")
    with file.open("rb") as stream:
        assert 6 == from_stream(stream, "events.ndjson").total
    assert read(b"{}\n{}\n").total is None
