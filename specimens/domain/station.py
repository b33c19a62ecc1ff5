"""A station: a named place where people scan, and that a team answers for; how its pages look, sound and speak."""

from dataclasses import dataclass
from enum import StrEnum

from specimens.domain.entry import Entry


class Theme(StrEnum):
    """How light the pages of a station are; by default as the device is set."""

    DEVICE = "as_device"
    LIGHT = "light"
    DARK = "dark"


class Tongue(StrEnum):
    """In which language the pages of a station speak; by default in that of whoever is there."""

    PERSON = "as_person"
    ENGLISH = "en"
    DUTCH = "nl"


@dataclass(frozen=True, slots=True)
class Manner:
    """How the pages of a station look (`theme`, a `Theme`), whether they sound, and how they speak (a `Tongue`)."""

    theme: str = Theme.DEVICE
    sound: bool = False
    language: str = Tongue.PERSON


@dataclass(frozen=True, slots=True)
class Station:
    """A station of a site. `kind` is a `StationKind`; it can be the custodian of specimens.

    A station of before its manner was a fact has that of `Manner()`.
    """

    code: str
    site: str
    name: str
    kind: str
    active: bool = True
    theme: str = Theme.DEVICE
    sound: bool = False
    language: str = Tongue.PERSON


def after(state: Station, entry: Entry) -> Station:
    """A station has nothing beyond the facts of its entries (`station_added`, `station_changed`)."""
    return state
