"""Tests JSON Pointers: their escapes and their bounded length."""

from dataapi.json_pointer import MAX_LENGTH, Location, pointer, pointer_to


def test_a_pointer_escapes_the_tilde_first() -> None:
    expected: dict[str | int, str] = {
        "a": "/p/a",
        7: "/p/7",
        "": "/p/",
        "~/": "/p/~0~1",
        "~1": "/p/~01",
        "/~0": "/p/~1~00",
    }
    assert expected == {name: pointer(["p", name]) for name in expected}


def test_a_location_is_written_from_the_outermost_name_on() -> None:
    location: Location = (((None, "a"), 0), "b")
    assert "/a/0/b" == pointer_to(location)
    assert "" == pointer_to(None)


def test_a_long_name_is_cut() -> None:
    assert "/" + "n" * (MAX_LENGTH - 1) + "…" == pointer(["n" * 262_144, "other"])


def test_a_long_path_is_cut() -> None:
    assert MAX_LENGTH + 1 == len(pointer(["name"] * 100))
