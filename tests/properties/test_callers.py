"""Tests that every caller has a unique id which is a valid document id, and only the roles of the token."""

import base64
import json
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataapi.auth import authorization, identity
from dataapi.auth.authorization import READ, AccessPolicy
from dataapi.auth.identity import HEADER
from dataapi.errors import Forbidden
from dataapi.records.record import USER_ID

# Characters with a meaning in a path, in an id or in Firestore, and some without.
TEXTS = st.text("/._@%=~-:_. \n\x00aA0é€\U0001f600", min_size=1, max_size=12)


CALLERS = st.tuples(TEXTS | TEXTS.map(lambda text: text * 200), TEXTS | st.just(""))  # subject, issuer


def user_id(caller: tuple[str, str]) -> str:
    subject, issuer = caller
    return identity.user_id({"sub": subject, "iss": f"https://{issuer}", "exp": 1_800_000_000})


@settings(deadline=None)
@given(CALLERS)
@example(("..", ""))
@example(("__", "__"))
@example(("__x", "x__"))
@example(("\U0001f600" * 2_000, "\U0001f600" * 2_000))
def test_every_id_is_a_valid_document_name(caller: tuple[str, str]) -> None:
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


WORDS = st.sampled_from(
    ["data.read", "data.write", "data", "read", "", " data.read", "DATA.READ", "data.read.all", "*"]
)


CLAIMS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 1) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


@settings(deadline=None)
@given(CLAIMS)
def test_only_a_role_in_the_claim_authorizes(claim: object) -> None:
    claims = {"sub": "115", "iss": "https://accounts.google.com", "exp": 1_800_000_000, "Role": claim}
    userinfo = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    try:
        authorization.authorize({HEADER: userinfo}, READ, AccessPolicy("Role", {}, frozenset()))
    except Forbidden:
        is_admitted = False
    else:
        is_admitted = True
    listed = claim if isinstance(claim, list) else claim.split() if isinstance(claim, str) else []
    assert (READ in listed) == is_admitted
