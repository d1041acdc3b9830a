"""Turns JSON into Firestore's values and back, without loss: integers stay integers, doubles doubles.

Works on the protobuf messages beneath the client library's wrappers, which cost several times as much, and writes into
the message that is sent: a separate value would be copied at every level.
"""

from datetime import UTC, datetime
from typing import Any

from dataapi.gcp import rpc

TYPES = rpc.messages("google.cloud.firestore_v1")
Value = TYPES.Value.pb()


def encode(value: Any, into: Any) -> None:  # noqa: ANN401  any JSON; Value is made by protobuf at run time
    """Sets a Value to a JSON value without `firestore_limits.violations`, or to a datetime."""
    match value:
        case str():
            into.string_value = value
        case dict():
            into.map_value.SetInParent()
            for name, member in value.items():
                encode(member, into.map_value.fields[name])
        case bool():
            into.boolean_value = value
        case int():
            into.integer_value = value
        case float():
            into.double_value = value
        case None:
            into.null_value = 0
        case datetime():
            into.timestamp_value.FromDatetime(value)
        case _:
            into.array_value.SetInParent()
            for item in value:
                encode(item, into.array_value.values.add())


def encoded(value: Any) -> Any:  # noqa: ANN401  as above
    """A new Value."""
    message = Value()
    encode(value, message)
    return message


def decoded(value: Any) -> Any:  # noqa: ANN401  as above
    """The JSON value of a Value; a timestamp becomes a datetime."""
    match value.WhichOneof("value_type"):
        case "map_value":
            members = value.map_value.fields  # unordered; sorted, an unchanged record has an unchanged ETag
            return {name: decoded(members[name]) for name in sorted(members)}
        case "array_value":
            return [decoded(item) for item in value.array_value.values]
        case "timestamp_value":
            return value.timestamp_value.ToDatetime(UTC)
        case "null_value":
            return None
        case kind:
            return getattr(value, kind)
