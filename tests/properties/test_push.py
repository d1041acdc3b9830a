"""Tests that a push is parsed completely or rejected."""

import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.errors import Undeliverable
from dataapi.messages import push
from dataapi.messages.push import Delivery

TEXTS = ["", "a", "YQ==", "YQ", "é"]
ODD = st.sampled_from([None, True, 0, 5, 1.5, *TEXTS, [], ["a"], [["a", "b"]], {}, {"a": "b"}, {"a": 1}, {"a": [None]}])
MESSAGES = st.fixed_dictionaries({}, optional=dict.fromkeys(["messageId", "attributes", "data", "x"], ODD))
ENVELOPES = st.fixed_dictionaries({}, optional={"message": ODD | MESSAGES, "deliveryAttempt": ODD})


@settings(deadline=None)
@given(ENVELOPES)
def test_a_malformed_envelope_is_undeliverable_and_anything_else_a_delivery(content: object) -> None:
    try:
        delivery = push.parse(json.dumps(content).encode())
    except Undeliverable:
        return
    assert isinstance(delivery.message_id, str)
    assert isinstance(delivery.attempt, int | None)
    assert {str} >= {type(text) for attribute in delivery.attributes.items() for text in attribute}
    assert isinstance(delivery.data, bytes)


@settings(deadline=None)
@given(st.binary(max_size=30))
def test_any_data_is_read_unchanged(data: bytes) -> None:
    body = {"message": {"messageId": "7", "data": base64.b64encode(data).decode()}}
    assert Delivery("7", None, {}, data) == push.parse(json.dumps(body).encode())
