"""Inventory checks as people read them: what is outstanding, the last scans, the checks that a box has had."""

from dataclasses import dataclass

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.entry import read_entry
from specimens.domain.inventory import Finding, Inventory
from specimens.domain.pick import well_order
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.inventory import InventoryRow
from specimens.models.ledger import LedgerEntry
from specimens.services import recent_scans, scan, tenancy
from specimens.services.batch_view import Protocols, name_of
from specimens.services.hands import names_of, permit, specimens_in
from specimens.services.inventory import open_check, outstanding
from specimens.services.recent_scans import Timed
from specimens.services.row import state_of, table_of
from specimens.services.scan import ScanOutcome

#: So many past checks of a box are shown.
MOST_SHOWN = 50
_SAID = {
    Finding.HERE: (scan.OK, "seen_short"),
    Finding.OTHER_WELL: (scan.CHECK, "seen_other_well_short"),
    Finding.MISPLACED: (scan.CHECK, "seen_misplaced_short"),
    Finding.MISSING: (scan.CHECK, "not_seen_short"),
    Finding.ELSEWHERE: (scan.CHECK, "seen_elsewhere_short"),
}


@dataclass(frozen=True, slots=True)
class Tube:
    """A tube of a check: what it is, where the map has it; the specimen is None where it is out of sight."""

    code: str
    finding: str
    specimen: Specimen | None
    label: str
    well: str | None


@dataclass(frozen=True, slots=True)
class Going:
    """A check that goes on: what is outstanding in the order of the map's wells, and what was found to differ."""

    check: Inventory
    left: tuple[Tube, ...]
    differs: tuple[Tube, ...]

    @property
    def done(self) -> int:
        """How many tubes of the box have a finding."""
        return len(self.check.judged)

    @property
    def total(self) -> int:
        """How many tubes the map has in the box, with those that were reported missing on the way."""
        return self.done + len(self.left)


@dataclass(frozen=True, slots=True)
class Past:
    """A check of a box with who opened and closed it, and the tubes that differed from the map."""

    check: Inventory
    opened_by: str
    closed_by: str
    differs: tuple[Tube, ...]

    @property
    def seen(self) -> int:
        """How many tubes of the box were seen in it."""
        return len(self.check.found(Finding.HERE, Finding.OTHER_WELL))


def going_on(actor: Actor, box: str) -> Going | None:
    """Return the open check of a box as its page shows it; None where none is open."""
    held = open_check(actor, box)
    if held is None:
        return None
    left = _tubes(actor, outstanding(db.session, actor, held), held)
    return Going(held, tuple(sorted(left, key=lambda each: well_order(each.well))), _differing(actor, held))


def _differing(actor: Actor, held: Inventory) -> tuple[Tube, ...]:
    codes = held.found(Finding.OTHER_WELL, Finding.MISPLACED, Finding.MISSING, Finding.ELSEWHERE)
    return tuple(_tubes(actor, codes, held))


def _tubes(actor: Actor, codes: list[str] | tuple[str, ...], held: Inventory) -> list[Tube]:
    known, protocols, tubes = specimens_in(db.session, codes), Protocols(), []
    for code in codes:
        specimen = known.get(code)
        if specimen is None or not tenancy.sees(Kind.SPECIMEN, specimen, actor):
            tubes.append(Tube(code, held.lines.get(code, ""), None, "", None))
            continue
        label, well = name_of(protocols[specimen], specimen), specimen.position
        if code in held.wells and held.lines.get(code):
            well = held.wells[code]
        tubes.append(Tube(code, held.lines.get(code, ""), specimen, label, well))
    return tubes


def last_five(actor: Actor, held: Inventory) -> list[ScanOutcome]:
    """Return what the last five scans of a check came to, newest first."""
    rows = db.session.execute(
        select(LedgerEntry.recorded_at, LedgerEntry.body)
        .where(
            LedgerEntry.subject_kind == str(Kind.INVENTORY),
            LedgerEntry.subject_code == held.code,
            LedgerEntry.act.in_(("tube_seen", "tube_not_seen")),
        )
        .order_by(LedgerEntry.seq.desc())
        .limit(5)
    )
    done: list[Timed] = []
    for row in rows:
        facts = read_entry(row.body).facts
        verdict, code = _SAID[Finding(facts["finding"])]
        told = {"code": facts["specimen"], "well": facts.get("map_well") or "–"}
        done.append((row.recorded_at, ScanOutcome(verdict, code, told, facts["specimen"])))
    return recent_scans.newest(done, recent_scans.refused(actor, held.code, {"unit": ""}))


def past(actor: Actor, box: str) -> tuple[Past, ...]:
    """Return the checks that a box has had for the actor's study, newest first."""
    permit(actor, Permission.STORAGE_READ)
    tenancy.load(Kind.STORAGE, box, actor)
    table = table_of(Kind.INVENTORY)
    rows = db.session.execute(
        select(table)
        .where(InventoryRow.box == box, tenancy.visible(Kind.INVENTORY, actor))
        .order_by(InventoryRow.id.desc())
        .limit(MOST_SHOWN)
    ).mappings()
    found: list[Inventory] = [state_of(Kind.INVENTORY, row) for row in rows]
    names = names_of([each.opened_by for each in found] + [each.closed_by for each in found])
    may_see = actor.may(Permission.SPECIMEN_READ)
    return tuple(
        Past(
            each,
            names.get(each.opened_by or "", "–"),
            names.get(each.closed_by or "", "–"),
            _differing(actor, each) if may_see else (),
        )
        for each in found
    )
