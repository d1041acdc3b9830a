"""Tests which callers are authorized, whatever the claim for roles contains."""

import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.auth import authorization
from dataapi.auth.authorization import READ, AccessPolicy
from dataapi.auth.identity import HEADER
from dataapi.errors import Forbidden

WORDS = st.sampled_from(
    ["data.read", "data.write", "data", "read", "", " data.read", "DATA.READ", "data.read.all", "*"]
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(0, 1) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


@settings(deadline=None)
@given(ODD)
def test_only_a_listed_role_lets_in_whatever_the_claim_holds(claim: object) -> None:
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
