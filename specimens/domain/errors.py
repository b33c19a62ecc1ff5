"""What can go wrong, by kind. Doors map kinds to statuses; sentences come from `sentences.py`."""

from collections.abc import Mapping
from typing import Any


class SpecimensError(Exception):
    """Something that a person has to be told: a stable code, and the facts its sentence names."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts: Mapping[str, Any] = facts

    def __str__(self) -> str:
        return f"{self.code} {dict(self.facts)}" if self.facts else self.code


class BadInput(SpecimensError):
    """What came in cannot be understood. `fields` maps a field's name to the code of its sentence."""

    def __init__(self, code: str, /, fields: Mapping[str, str] | None = None, **facts: Any) -> None:
        super().__init__(code, **facts)
        self.fields: Mapping[str, str] = fields or {}


class NotPermitted(SpecimensError):
    """The person's role does not allow it."""


class NotFound(SpecimensError):
    """No such thing for this person: absent and out of sight are one answer."""


class Refused(SpecimensError):
    """A rule says no, and nothing is to be kept of the attempt."""


class Conflict(SpecimensError):
    """Somebody else was first; the facts say who and when."""


class Unavailable(SpecimensError):
    """The store cannot write just now (disk full, lock held too long). Nothing was saved; try again."""


class Tampered(SpecimensError):
    """The ledger and the tables disagree. Writing stops."""
