"""Canonical JSON (RFC 8785's rules on a subset): one value, one sequence of bytes.

Allowed are objects, arrays, strings, integers, booleans and null. A floating point number is refused, because
two programs print it differently; decimals travel as strings.
"""

import json
from typing import Any

from msgspec.json import Encoder

#: RFC 8785 numbers are IEEE doubles: beyond this an integer would not survive another reader.
LARGEST_INTEGER = 2**53 - 1

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=False, separators=(",", ":"), check_circular=False
).encode


#: For what `_is_plain`: its members in the order of their bytes, which is the order of RFC 8785 where keys are ASCII.
_encode_plain = Encoder(order="sorted").encode


def _is_plain(value: Any) -> bool:
    """Say whether *value* is made of nothing but what JSON has, keys in ASCII: no subtype of anything."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-LARGEST_INTEGER <= value <= LARGEST_INTEGER)
    if kind is dict:
        for key in value:
            if type(key) is not str or not key.isascii():
                return False
        return all(map(_is_plain, value.values()))
    return (kind is list or kind is tuple) and all(map(_is_plain, value))


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _ordered(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"integer beyond 2^53 - 1: {value}")
        return int(value)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("an object's keys are strings")
        keys = sorted(value) if all(key.isascii() for key in value) else sorted(value, key=_utf16)
        return {str(key): _ordered(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_ordered(member) for member in value]
    raise ValueError(f"not part of canonical JSON: {type(value).__name__}")


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of *value*, UTF-8.

    >>> canonical({"b": 1, "a": ["é", None]})
    b'{"a":["\\xc3\\xa9",null],"b":1}'

    Raises:
        ValueError: for a float, an integer beyond 2^53 - 1, a key that is no string, a lone surrogate, any other type.
    """
    if _is_plain(value):  # nearly always: in C, a fourth of the time
        return _encode_plain(value)
    return _encode(_ordered(value)).encode()
