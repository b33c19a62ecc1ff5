"""An attempt to log in that failed."""

from dataclasses import dataclass, replace

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Login:
    """A failed log-in. The name typed is sealed: people type passwords into the wrong field."""

    code: str
    outcome: str
    name: str | None = None
    user: str | None = None
    address: str | None = None
    happened_at: int | None = None


def after(state: Login, entry: Entry) -> Login:
    """A failed log-in keeps when it was."""
    return replace(state, happened_at=entry.happened_at)
