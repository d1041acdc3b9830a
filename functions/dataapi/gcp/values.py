"""Turns JSON into Firestore's values and back, without loss: integers stay integers, doubles doubles.

Works on the protobuf messages beneath the client library's wrappers, which cost several times as much.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud.firestore_v1.types import ArrayValue, MapValue, Value
from google.protobuf.timestamp_pb2 import Timestamp

_Value = Value.pb()
_Map = MapValue.pb()
_Array = ArrayValue.pb()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encoded(value: Any) -> Any:  # noqa: ANN401, PLR0911  any JSON, one case a type; Value is made by protobuf at run time
    """The Value of a JSON value that `storable` has nothing against."""
    match value:
        case str():
            return _Value(string_value=value)
        case bool():
            return _Value(boolean_value=value)
        case int():
            return _Value(integer_value=value)
        case float():
            return _Value(double_value=value)
        case None:
            return _Value(null_value=0)
        case datetime():
            return _Value(timestamp_value=timestamp(value))
        case dict():
            return _Value(map_value=_Map(fields={name: encoded(member) for name, member in value.items()}))
        case _:
            return _Value(array_value=_Array(values=[encoded(item) for item in value]))


def decoded(value: Any) -> Any:  # noqa: ANN401  as above
    """The JSON value that `encoded` made a Value of; a time becomes a datetime."""
    match value.WhichOneof("value_type"):
        case "map_value":
            members = value.map_value.fields  # in no order at all; sorted, an unchanged record has an unchanged ETag
            return {name: decoded(members[name]) for name in sorted(members)}
        case "array_value":
            return [decoded(item) for item in value.array_value.values]
        case "timestamp_value":
            return moment(value.timestamp_value)
        case "null_value":
            return None
        case kind:
            return getattr(value, kind)


def timestamp(moment: datetime) -> Timestamp:
    """A moment in UTC as protobuf has it."""
    whole = moment.replace(microsecond=0)
    return Timestamp(seconds=(whole - _EPOCH) // timedelta(seconds=1), nanos=moment.microsecond * 1000)


def moment(timestamp: Timestamp) -> datetime:
    """A protobuf timestamp in UTC, to the microsecond."""
    return _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1000)
