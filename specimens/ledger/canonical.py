"""Canonical JSON (RFC 8785's rules on a subset): one value, one sequence of bytes.

Allowed are objects, arrays, strings, integers, booleans and null. A floating point number is refused, because
two programs print it differently; decimals travel as strings.
"""

import json
from typing import Any

#: RFC 8785 numbers are IEEE doubles: beyond this an integer would not survive another reader.
LARGEST_INTEGER = 2**53 - 1

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=False, separators=(",", ":"), check_circular=False
).encode


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
    return _encode(_ordered(value)).encode()
