"""Changing some fields of a frozen record, quickly: everything that is added up goes through here."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

_Record = TypeVar("_Record")


@cache
def _slots(kind: Any) -> tuple[tuple[str, Any, Any], ...]:
    return tuple(
        (name, getattr(kind, name).__get__, getattr(kind, name).__set__) for name in kind.__dataclass_fields__
    )


def changed(state: _Record, values: Mapping[str, Any]) -> _Record:
    """Return *state*, a frozen dataclass with slots, with other *values* in some fields.

    Does what `dataclasses.replace` does, in a third of the time: it reads and writes slots and calls no `__init__`.
    The names in *values* are fields: what is no field would be passed over.
    """
    new: _Record = object.__new__(type(state))
    for name, read, write in _slots(type(state)):  # type: ignore[arg-type]
        write(new, values[name] if name in values else read(state))
    return new


def values_of(state: Any) -> dict[str, Any]:
    """Return the fields of a frozen dataclass with slots, as they are: nothing is copied."""
    return {name: read(state) for name, read, _ in _slots(type(state))}  # type: ignore[arg-type]
