"""Tests that every caller has a unique id which is a valid document id."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataapi.auth import identity
from dataapi.records.record import USER_ID

# Every character that has a meaning in a path, in an id as it is made, or in Firestore; and some that have none.
NASTY = st.text("/._@%=~-:_. \n\x00aA0é€\U0001f600", min_size=1, max_size=12)
CALLERS = st.tuples(NASTY | NASTY.map(lambda text: text * 200), NASTY | st.just(""))  # subject, issuer


def user_id(caller: tuple[str, str]) -> str:
    subject, issuer = caller
    return identity.user_id({"sub": subject, "iss": f"https://{issuer}", "exp": 1_800_000_000})


@settings(deadline=None)
@given(CALLERS)
@example(("..", ""))
@example(("__", "__"))
@example(("__x", "x__"))
@example(("\U0001f600" * 2_000, "\U0001f600" * 2_000))
def test_every_id_is_a_legal_name_of_a_document(caller: tuple[str, str]) -> None:
    name = user_id(caller)
    assert USER_ID.fullmatch(name)
    assert "/" not in name
    assert name not in {".", ".."}
    assert not re.fullmatch("__.*__", name, re.DOTALL)
    assert 1 <= len(name.encode()) <= 1_500


@settings(deadline=None)
@given(st.sets(CALLERS, max_size=6))
def test_no_two_callers_share_an_id(callers: set[tuple[str, str]]) -> None:
    assert len(callers) == len({user_id(caller) for caller in callers})
