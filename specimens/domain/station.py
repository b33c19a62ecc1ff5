"""A station: a named place where people scan, and that a team answers for."""

from dataclasses import dataclass

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Station:
    """A station of a site. `kind` is a `StationKind`; it can be the custodian of specimens."""

    code: str
    site: str
    name: str
    kind: str
    active: bool = True


def after(state: Station, entry: Entry) -> Station:
    """A station has nothing beyond the facts of its entries (`station_added`, `station_changed`)."""
    return state
