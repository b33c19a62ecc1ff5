"""The ground of the demonstration: sites, stations, storage, people. Made by the real services."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from specimens.domain.access import Actor, system_actor
from specimens.domain.protocol import shipped
from specimens.domain.station import Manner, Theme
from specimens.domain.terms import Role, StationKind, StorageKind
from specimens.services import badge, grant, people, pin, publication, site, study
from specimens.services.signature import Pen

PASSWORD = "specimens-demo-2026"  # noqa: S105 - printed at every first start, and refused in production
#: The PIN of every demonstration badge, as well known as the password.
PIN = "7294"
TRIAL = "belimumab_sle.toml"
EXAMPLE = "example_vaccine.toml"
ZONE = "Europe/Amsterdam"
_WELLS = 81
HOME_SITE = "AMC"
OTHER_SITE = "UMCU"

#: Log-in name → (full name, role, whether at the other site).
PEOPLE: Mapping[str, tuple[str, Role, bool]] = {
    "nora": ("Nora de Wit", Role.NURSE, False),
    "nils": ("Nils Bakker", Role.NURSE, False),
    "mei": ("Mei Tan", Role.TECHNICIAN, False),
    "luis": ("Luis Ferreira", Role.COURIER, False),
    "ivo": ("Ivo Smit", Role.INVESTIGATOR, False),
    "mona": ("Mona Vos", Role.MONITOR, False),
    "ada": ("Ada Jansen", Role.AUDITOR, False),
    "adam": ("Adam Kok", Role.ADMINISTRATOR, False),
    "sam": ("Sam Yilmaz", Role.TECHNICIAN, False),
    "ola": ("Ola Nordmann", Role.NURSE, True),
}

#: Who has a badge: they change places at a station with one another.
BADGED = ("nora", "nils", "mei", "sam", "ivo")

#: The one log-in per role that the start prints.
SHOWN = ("nora", "mei", "luis", "ivo", "mona", "ada", "adam")

_STATIONS = {
    "Clinic, treatment room 1": StationKind.CLINIC,
    "Clinic, treatment room 2": StationKind.CLINIC,
    "Laboratory bench": StationKind.LABORATORY,
    "Laboratory, cold room": StationKind.LABORATORY,
    "Pathology": StationKind.PATHOLOGY,
    "Drop box, ground floor": StationKind.DROP_BOX,
}
#: A room that is kept dark, and where compressors drown everything: it is seen, and not heard.
_DARK = "Laboratory, cold room"


@dataclass(frozen=True, slots=True)
class Ground:
    """Everybody as an actor at their station, the stations by name, the boxes and places by storage temperature."""

    actors: Mapping[str, Actor]
    stations: Mapping[str, str]
    boxes: Mapping[str, list[str]]
    places: Mapping[str, str]
    filled: Counter[str] = field(default_factory=Counter)
    strays: list[str] = field(default_factory=list)

    def next_box(self, temperature: str) -> str:
        """Return the box in which the next vial at a storage temperature goes."""
        self.filled[temperature] += 1
        return self.boxes[temperature][
            (self.filled[temperature] - 1) // _WELLS % len(self.boxes[temperature])
        ]

    def at(self, login: str, station: str) -> Actor:
        """Return somebody at a station, by its name."""
        return replace(self.actors[login], station=self.stations[station], station_name=station)


def lay(first_day: date) -> Ground:
    """Make the ground on an empty installation, with grants from *first_day* on."""
    system = system_actor(ZONE)
    site.open_site(system, HOME_SITE, "Amsterdam UMC, location AMC", ZONE, "+31 20 555 0100")
    site.open_site(system, OTHER_SITE, "UMC Utrecht", ZONE, "+31 88 555 0200")
    adam = _person(system, "adam", None, first_day)  # an administrator works for every study
    trial = publication.publish(adam, shipped()[TRIAL], TRIAL, pen=Pen(PASSWORD)).code
    publication.publish(adam, shipped()[EXAMPLE], EXAMPLE, pen=Pen(PASSWORD))
    for code in (HOME_SITE, OTHER_SITE):
        study.open_at_site(system, trial, code)
    stations = {
        name: site.add_station(
            system, HOME_SITE, name, kind, Manner(Theme.DARK) if name == _DARK else Manner()
        ).code
        for name, kind in _STATIONS.items()
    }
    site.add_station(system, OTHER_SITE, "Clinic", StationKind.CLINIC)
    boxes, places = _storage(system)
    actors = {
        login: adam if login == "adam" else _person(system, login, trial, first_day) for login in PEOPLE
    }
    for login in BADGED:
        badge.issue(actors[login], actors[login].user)
        pin.change(actors[login], PIN)
    return Ground(actors, stations, boxes, places)


def _storage(system: Actor) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Freezers, a nitrogen tank, a cabinet at room temperature: the boxes of each, and the places without wells."""

    def unit(kind: StorageKind, name: str, temperature: str, parent: str | None = None, size: int = 0) -> str:
        return site.add_storage(
            system, HOME_SITE, kind, name, temperature, parent=parent, rows=size, columns=size
        ).code

    boxes: dict[str, list[str]] = {}
    places: dict[str, str] = {}
    for temperature, name, count in (("minus80", "Freezer F3", 8), ("ln2_vapour", "Nitrogen tank N1", 4)):
        freezer = unit(StorageKind.FREEZER, name, temperature)
        rack = unit(StorageKind.RACK, f"{name}, rack 2", temperature, freezer)
        boxes[temperature] = [
            unit(StorageKind.BOX, f"{name[-2:]} B{number:02d}", temperature, rack, 9)
            for number in range(1, count + 1)
        ]
        places[temperature] = unit(
            StorageKind.RACK, f"{name}, drawer for moulds and PAXgene", temperature, freezer
        )
    upright = unit(StorageKind.FREEZER, "Freezer F4", "minus20")
    places["minus20"] = unit(StorageKind.RACK, "Freezer F4, rack for PAXgene, upright", "minus20", upright)
    cabinet = unit(StorageKind.FREEZER, "Cabinet C1, room temperature", "room")
    places["room"] = unit(StorageKind.RACK, "C1, drawer for blocks", "room", cabinet)
    return boxes, places


def _person(system: Actor, login: str, study_code: str | None, first_day: date) -> Actor:
    name, role, elsewhere = PEOPLE[login]
    where = OTHER_SITE if elsewhere else HOME_SITE
    user = people.add(system, login, name, PASSWORD, demonstration=True)
    everywhere = role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.MONITOR)
    grant.give(
        system,
        user.code,
        role,
        study=study_code,
        site=None if everywhere else where,
        from_on=first_day,
        training_on=first_day,
        delegated_by=None if everywhere else "Ivo Smit",
        reason="demonstration",
    )
    return Actor(
        user=user.code,
        login=login,
        name=name,
        role=role,
        study=study_code,
        sites=None if everywhere else frozenset({where}),
        site=where,
        zone=ZONE,
    )
