"""The cast of the tests: one study, two sites, and the people who work there.

Nora (nurse), Mei (technician), Luis (courier), Ivo (investigator), Mona (monitor), Ada (auditor) and Adam
(administrator) work in Amsterdam; Ola is a nurse at the second site and must see nothing of Amsterdam.
"""

from dataclasses import dataclass, replace
from functools import cache

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from specimens.domain.access import Actor, system_actor
from specimens.domain.protocol import shipped
from specimens.domain.terms import Kind, Role, StationKind
from specimens.models.base import db
from specimens.models.site import StationRow
from specimens.models.user import Credential, GrantRow, UserRow
from specimens.services import access, publication, study
from specimens.services.record import writing
from specimens.web import guard

STUDY = "belimumab_sle"
PASSWORD = "specimens-demo-2026"

#: How passwords, PINs and codes are hashed in tests: by Argon2 all the same, at the least that it takes.
QUICKLY = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
ZONE = "Europe/Amsterdam"

#: Log-in name → (full name, role, site, kind of station they work at).
PEOPLE = {
    "nora": ("Nora de Wit", Role.NURSE, "AMS", StationKind.CLINIC),
    "nils": ("Nils Bakker", Role.NURSE, "AMS", StationKind.CLINIC),
    "mei": ("Mei Tan", Role.TECHNICIAN, "AMS", StationKind.LABORATORY),
    "luis": ("Luis Ferreira", Role.COURIER, "AMS", None),
    "ivo": ("Ivo Smit", Role.INVESTIGATOR, "AMS", StationKind.CLINIC),
    "mona": ("Mona Vos", Role.MONITOR, "AMS", None),
    "ada": ("Ada Jansen", Role.AUDITOR, "AMS", None),
    "adam": ("Adam Kok", Role.ADMINISTRATOR, "AMS", None),
    "ola": ("Ola Nordmann", Role.NURSE, "OSL", StationKind.CLINIC),
}


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, each as the actor of their own log-in, and the stations by name (`AMS clinic`, …)."""

    study: str
    stations: dict[str, str]
    actors: dict[str, Actor]

    def __getattr__(self, login: str) -> Actor:
        if login in PEOPLE:
            return self.actors[login]
        raise AttributeError(login)

    def at(self, login: str, station: str) -> Actor:
        """Return somebody at another station."""
        return replace(self.actors[login], station=self.stations[station], station_name=station)


@cache
def _hash() -> str:
    return PasswordHasher(**QUICKLY).hash(PASSWORD)


def build() -> Cast:
    """Make the sites, the study, the stations, the people and their grants; needs an application context."""
    system = system_actor(ZONE)
    stations: dict[str, str] = {}
    with writing(system) as op:
        for code, name, zone in (("AMS", "Amsterdam", ZONE), ("OSL", "Oslo", "Europe/Oslo")):
            op.create(Kind.SITE, "site_opened", code=code, facts={"name": name, "zone": zone})
        for site in ("AMS", "OSL"):
            for number, kind in enumerate((StationKind.CLINIC, StationKind.CLINIC, StationKind.LABORATORY)):
                name = f"{site} {kind}" + (" 2" if number == 1 else "")
                made = op.create(
                    Kind.STATION, "station_added", facts={"site": site, "name": name, "kind": str(kind)}
                )
                stations[name] = made.code
    text = shipped()["belimumab_sle.toml"]
    publication.publish(system, text, "belimumab_sle.toml")
    for site in ("AMS", "OSL"):
        study.open_at_site(system, STUDY, site)
    return Cast(STUDY, stations, {login: _person(system, login, stations) for login in PEOPLE})


def _person(system: Actor, login: str, stations: dict[str, str]) -> Actor:
    name, role, site, kind = PEOPLE[login]
    with writing(system) as op:
        user = op.create(
            Kind.USER,
            "user_added",
            facts={"login": login, "full_name": name, "language": "en", "must_change_password": False},
        )
        op.create(
            Kind.GRANT,
            "granted",
            facts={
                "user": user.code, "role": str(role), "study": STUDY, "site": site,
                "from_on": "2024-01-01", "training_on": "2024-01-01",
            },
        )  # fmt: skip
        op.session.execute(
            insert(Credential),
            {
                "user": user.code, "password_hash": _hash(), "set_by": user.code, "set_at": op.now,
                "demonstration": False,
            },
        )  # fmt: skip
    station = f"{site} {kind}" if kind else None
    return Actor(
        user=user.code, login=login, name=name, role=role, study=STUDY, sites=frozenset({site}), site=site,
        zone=ZONE if site == "AMS" else "Europe/Oslo", station=stations[station] if station else None,
        station_name=station,
    )  # fmt: skip


def log_in(client: FlaskClient, actor: Actor, station: str | None = None) -> FlaskClient:
    """Log somebody in at their station (or another, by its code) without going through the form."""
    with client.application.app_context():
        user = db.session.execute(select(UserRow).where(UserRow.code == actor.user)).scalar_one()
        row = db.session.execute(select(GrantRow).where(GrantRow.user == actor.user)).scalars().first()
        grant = next(each for each in access.grants_today(actor.user) if row and each.code == row.code)
        place = station or actor.station
        if place:
            db.session.execute(select(StationRow.code).where(StationRow.code == place)).scalar_one()
        token = access.begin(user, grant, place)
        db.session.remove()
    with client.session_transaction() as session:
        session[guard.TOKEN] = token
    return client
