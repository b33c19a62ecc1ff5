"""What the measurements stand on: an installation with its cast, kits open at stations, a full table of specimens."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import text

from specimens.app import create_app
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import token
from specimens.services.install import install
from specimens.services.record import writing
from specimens.services.row import table_of
from specimens.services.study import protocol_of
from tests.cast import Cast, build
from tests.engines import Database, settings_for

#: Tubes of one kit are enough for one run of one client.
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Lane:
    """What one client scans: its token, the kit that is open at its station, the tubes."""

    token: str
    kit: str
    tubes: list[str]


def installed(database: Database, folder: Path) -> tuple[object, Cast]:
    """Return an application on a fresh database, and its cast."""
    app = create_app(settings_for(database, folder))
    with app.app_context():
        install(app.config["SETTINGS"].origin)
        cast = build()
        db.session.remove()
    return app, cast


def lanes(cast: Cast, clients: int, scans: int) -> list[Lane]:
    """Open one kit with *scans* planned tubes at a station of its own for each client."""
    return [_lane(cast, number, scans) for number in range(clients)]


def _lane(cast: Cast, number: int, scans: int) -> Lane:
    nora = cast.nora
    with writing(nora) as op:
        station = op.create(
            Kind.STATION, "station_added",
            facts={"site": "AMS", "name": f"Room {number} {time.time_ns()}", "kind": "clinic"},
        ).code  # fmt: skip
    seat = replace(nora, station=station, station_name="bench")
    made = token.make(seat, f"bench {number}", station=station)
    protocol = protocol_of(cast.study)
    version = protocol.consent_versions[-1]
    slot = next(each for each in protocol.slots if each.procedure == "blood")
    with writing(seat) as op:
        where = {"study": cast.study, "site": "AMS", "protocol": protocol.study.version}
        participant = op.create(
            Kind.PARTICIPANT, "registered", facts={"subject_number": f"B{time.time_ns()}"}, **where
        ).code
        op.append(
            Kind.PARTICIPANT, participant, "consent_recorded",
            facts={"consent_version": version.code, "consent_scopes": list(version.scopes)},
            happened_at=op.now - DAY_MS,
        )  # fmt: skip
        point = next(each.code for each in protocol.timepoints if any(protocol.planned(each.code, "blood")))
        visit = op.create(
            Kind.VISIT, "visit_opened",
            facts={"participant": participant, "timepoint": point, "protocol_version": protocol.study.version},
            **where,
        ).code  # fmt: skip
        kit = op.create(
            Kind.KIT, "kit_planned",
            facts={"participant": participant, "visit": visit, "procedure": "blood", "attempt": 1}, **where,
        ).code  # fmt: skip
        tubes = [
            op.create(
                Kind.SPECIMEN, "planned",
                facts={
                    "participant": participant, "visit": visit, "kit": kit, "timepoint": point,
                    "procedure": "blood", "slot": slot.code, "attempt": 1,
                    "protocol_version": protocol.study.version, "specimen_type": slot.specimen_type,
                    "container": slot.container, "number": tube + 1,
                },
                **where,
            ).code
            for tube in range(scans)
        ]  # fmt: skip
        op.append(Kind.KIT, kit, "kit_opened")
        op.append(Kind.KIT, kit, "identity_attested")
    return Lane(made, str(kit), tubes)


#: So many of the oldest specimens are in a state that no newer one is in.
_OLDEST = 3000
_BOXES = 300


def fill(cast: Cast, many: int) -> tuple[int, str, int]:
    """Bring the table of specimens to *many* rows; return how many there are, a type of theirs, and an id amid them.

    The rows are copied from those that are there. They have no entries: they are there to be searched.
    """
    names = [column.name for column in table_of(Kind.SPECIMEN).columns if column.name != "id"]
    _boxes(cast)
    for round_ in range(64):
        there, last = db.session.execute(text("SELECT count(*), max(id) FROM specimen")).one()
        if there >= many:
            break
        shifted = {
            "code": f"'F' || {round_} || 'X' || specimen.id",
            "status": "CASE id % 5 WHEN 0 THEN 'stored' ELSE 'received' END",
            "place": f"(SELECT code FROM storage WHERE name = 'Bench ' || (specimen.id % {_BOXES}) || '.')",
            "position": "NULL",
            "collected_at": "1790000000000 + id * 60000",
        }
        values = ", ".join(shifted.get(name, name) for name in names)
        db.session.execute(
            text(
                f"INSERT INTO specimen ({', '.join(names)}) SELECT {values} FROM specimen LIMIT {many - there}"
            )
        )
    db.session.execute(
        text(
            "UPDATE specimen SET status = 'used_up' WHERE id IN "
            f"(SELECT id FROM specimen WHERE status <> 'planned' ORDER BY id LIMIT {_OLDEST})"
        )
    )
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("ANALYZE"))
    kind = db.session.execute(text("SELECT specimen_type FROM specimen WHERE status = 'stored' LIMIT 1"))
    found = str(kind.scalar_one())
    db.session.commit()
    return int(there), found, int(last) // 2


def _boxes(cast: Cast) -> None:
    """Add boxes in which the copies lie: `Bench 0.`, `Bench 1.`, …"""
    with writing(cast.adam) as op:
        for number in range(_BOXES):
            facts = {
                "site": "AMS", "temperature": "minus80", "kind": "box", "name": f"Bench {number}.", "rows": 9,
                "columns": 9,
            }  # fmt: skip
            op.create(Kind.STORAGE, "storage_added", facts=facts)
