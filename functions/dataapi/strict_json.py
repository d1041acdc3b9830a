"""Parses JSON strictly (RFC 8259): what is read can be written again without loss.

Rejects besides malformed text: NaN and infinities, duplicate names in one object (one of them would be lost), lone
surrogates (UTF-8 cannot encode them), numbers beyond a double, nesting beyond the parser.
"""

import codecs
import json
import math
from typing import Any, NoReturn


class NotJsonError(ValueError):
    """The text is not JSON. The message says why and where, without quoting it."""


def parse(raw: bytes) -> Any:  # noqa: ANN401  JSON is of any type
    """The value of a JSON text in UTF-8; raises NotJsonError."""
    if raw.startswith(codecs.BOM_UTF8):
        raise NotJsonError("it begins with a byte order mark (BOM)")
    try:
        text = raw.decode()
        value = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise NotJsonError(f"not UTF-8 at byte {error.start}") from None
    except UnicodeEncodeError:
        raise NotJsonError("a \\u escape is half of a surrogate pair") from None
    except RecursionError:
        raise NotJsonError("nested too deep to be read") from None
    except NotJsonError:
        raise
    except ValueError:  # Python's own limit: int() of more than 4,300 digits
        raise NotJsonError("an integer has too many digits") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJsonError("an object has a duplicate name")
    return members


def _constant(name: str) -> NoReturn:
    raise NotJsonError(f"{name} is not JSON")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotJsonError("a number is beyond the range of a double")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
