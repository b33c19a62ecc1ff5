"""Pick lists as people read them: what to fetch in walking order, what became of the rest, and the sheet to print."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from specimens.documents.picklist import pick_pdf
from specimens.documents.records import Person
from specimens.documents.sheet_records import PickLine, PickSheet, SheetHead
from specimens.domain.access import Actor, Permission
from specimens.domain.entry import read_entry
from specimens.domain.pick import Pick, Picked, PickState, natural, well_order
from specimens.domain.specimen import Specimen
from specimens.domain.storage import Storage
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.inventory import PickRow
from specimens.models.ledger import LedgerEntry
from specimens.services import recent_scans, scan, tenancy
from specimens.services.batch_view import Protocols, name_of
from specimens.services.clock import now_ms
from specimens.services.hands import names_of, permit, specimens_in
from specimens.services.recent_scans import Timed
from specimens.services.report_voice import Voice, moment
from specimens.services.row import state_of, table_of
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of

#: So many finished lists are shown beside the open ones.
MOST_FINISHED = 20
_SAID = {
    Picked.TAKEN: (scan.OK, "taken_out"),
    Picked.NOT_THERE: (scan.CHECK, "not_seen_short"),
    Picked.LEFT: (scan.CHECK, "left_short"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list; `path` are the names of the units from outside to inside, empty once it is taken out.

    The specimen is None where this person does not see it (any more).
    """

    code: str
    outcome: str
    specimen: Specimen | None
    label: str
    path: tuple[str, ...]
    well: str | None

    @property
    def where(self) -> str:
        """Return the way to the box in words."""
        return " › ".join(self.path)


@dataclass(frozen=True, slots=True)
class PickView:
    """A pick list: what is outstanding in walking order, what became of the others, who made it."""

    pick: Pick
    left: tuple[Line, ...]
    done: tuple[Line, ...]
    listed_by: str

    @property
    def over(self) -> bool:
        """Say whether it was finished."""
        return self.pick.state == PickState.CLOSED


def get(actor: Actor, code: str) -> PickView:
    """Return a pick list as its page shows it; raises NotFound `unknown_pick`."""
    permit(actor, Permission.STORE)
    pick: Pick = tenancy.load(Kind.PICK, code, actor)
    lines = _lines(actor, pick)
    names = names_of([pick.listed_by])
    return PickView(
        pick,
        tuple(each for each in lines if not each.outcome),
        tuple(each for each in lines if each.outcome),
        names.get(pick.listed_by or "", "–"),
    )


def _lines(actor: Actor, pick: Pick) -> list[Line]:
    """Return the lines in walking order: freezer, rack, box, then along the rows of the box."""
    known, protocols = specimens_in(db.session, pick.lines), Protocols()
    units = _units(known.values())
    lines = []
    for code, outcome in pick.lines.items():
        specimen = known.get(code)
        if specimen is None or not tenancy.sees(Kind.SPECIMEN, specimen, actor):
            lines.append(Line(code, outcome, None, "", (), None))
            continue
        label = name_of(protocols[specimen], specimen)
        path = _path(units, specimen.place)
        lines.append(Line(code, outcome, specimen, label, path, specimen.position))
    return sorted(lines, key=lambda each: (tuple(map(natural, each.path)), well_order(each.well), each.code))


def _units(specimens: Iterable[Specimen]) -> dict[str, Storage]:
    """Return the units in which specimens lie, and those around them, by code."""
    table = table_of(Kind.STORAGE)
    units: dict[str, Storage] = {}
    wanted = {each.place for each in specimens if each.place}
    while wanted:
        rows = db.session.execute(select(table).where(table.c.code.in_(sorted(wanted)))).mappings()
        found = {row["code"]: state_of(Kind.STORAGE, row) for row in rows}
        units |= found
        wanted = {each.parent for each in found.values() if each.parent} - units.keys()
    return units


def _path(units: dict[str, Storage], place: str | None) -> tuple[str, ...]:
    names: list[str] = []
    while place in units and len(names) < 8:
        names.insert(0, units[place].name)
        place = units[place].parent
    return tuple(names)


def listed(actor: Actor) -> tuple[list[Pick], list[Pick], dict[str, str]]:
    """Return the open lists, the last finished ones, and the names of who made them."""
    permit(actor, Permission.STORE)

    def rows(state: PickState, most: int) -> list[Pick]:
        table = table_of(Kind.PICK)
        wanted = select(table).where(tenancy.visible(Kind.PICK, actor), PickRow.state == str(state))
        found = db.session.execute(wanted.order_by(table.c.id.desc()).limit(most)).mappings()
        return [state_of(Kind.PICK, row) for row in found]

    going, over = rows(PickState.OPEN, 200), rows(PickState.CLOSED, MOST_FINISHED)
    return going, over, names_of(each.listed_by for each in [*going, *over])


def last_five(actor: Actor, code: str) -> list[ScanOutcome]:
    """Return what the last five scans of a list came to, newest first."""
    rows = db.session.execute(
        select(LedgerEntry.recorded_at, LedgerEntry.body)
        .where(
            LedgerEntry.subject_kind == str(Kind.PICK),
            LedgerEntry.subject_code == code,
            LedgerEntry.act == "line_picked",
        )
        .order_by(LedgerEntry.seq.desc())
        .limit(5)
    )
    done: list[Timed] = []
    for row in rows:
        facts = read_entry(row.body).facts
        verdict, said = _SAID[Picked(facts["outcome"])]
        done.append(
            (row.recorded_at, ScanOutcome(verdict, said, {"code": facts["specimen"]}, facts["specimen"]))
        )
    return recent_scans.newest(done, recent_scans.refused(actor, code, {"pick": code}))


def sheet(actor: Actor, code: str, voice: Voice | None = None) -> bytes:
    """Return a pick list as a PDF to take along; raises NotFound `unknown_pick`."""
    voice = voice or Voice()
    view = get(actor, code)
    protocol = protocol_of(view.pick.study or actor.study)
    purposes = {each.code: each.text.said(voice.language) for each in protocol.reasons_for("retrieve")}
    head = SheetHead(
        study=protocol.study.label,
        title=protocol.study.title.said(voice.language),
        number=code,
        generated_at=moment(now_ms(), actor.zone),
        generated_by=Person(actor.name, voice.word(actor.role)),
        software_version=voice.version,
        language=voice.language,
    )
    lines = tuple(
        PickLine(
            code=each.code,
            where=each.where,
            well=each.well,
            what=each.label,
            participant=each.specimen.participant if each.specimen else None,
            visit=each.specimen.timepoint if each.specimen else None,
            outcome=voice.say(each.outcome) if each.outcome else None,
        )
        for each in (*view.left, *view.done)
    )
    purpose = purposes.get(view.pick.purpose) or voice.say(view.pick.purpose)
    return pick_pdf(PickSheet(head, purpose, view.listed_by, lines))
