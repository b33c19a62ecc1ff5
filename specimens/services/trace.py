"""Tracing: from a specimen to every paper and entry that speaks of it, and from any entry back to what it touched."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from specimens.domain import fold
from specimens.domain.access import Actor, Permission
from specimens.domain.entry import Entry, read_entry
from specimens.domain.errors import NotFound
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.models.audit import FindingRow
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenParent
from specimens.models.transfer import ReportRow
from specimens.services import audit_sight, tenancy
from specimens.services.entries import entries_of
from specimens.services.hands import permit, who_acted


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a trace: its number in the ledger, the entry, who acted, and its hash (64 hex digits)."""

    number: int
    entry: Entry
    who: str
    hash: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A specimen forward: what it came from and became, the lists and batches it was on, reports, findings, entries."""

    specimen: Specimen
    parents: tuple[str, ...]
    children: tuple[str, ...]
    transfers: tuple[str, ...]
    batches: tuple[str, ...]
    reports: tuple[str, ...]
    findings: tuple[str, ...]
    entries: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """An entry backward: the entry, and everything that was touched by the same act, as far as this person sees it.

    `hidden` counts what was touched and is out of sight.
    """

    line: Line
    together: tuple[Line, ...]
    hidden: int


def forward(actor: Actor, code: str) -> Trace:
    """Return everything that speaks of a specimen.

    Raises:
        NotPermitted: without `audit:read` and `specimen:read`.
        NotFound: `unknown_specimen`.
    """
    permit(actor, Permission.AUDIT_READ)
    permit(actor, Permission.SPECIMEN_READ)
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    entries = entries_of(db.session(), Kind.SPECIMEN, code)
    rows = db.session.execute(
        select(LedgerEntry.id, LedgerEntry.hash)
        .where(LedgerEntry.subject_kind == str(Kind.SPECIMEN), LedgerEntry.subject_code == code)
        .order_by(LedgerEntry.seq)
    ).all()
    states = _states(entries)
    lines = [
        Line(row.id, entry, who_acted(entry, {}), row.hash.hex())
        for row, entry in zip(rows, entries, strict=True)
    ]
    children = db.session.execute(
        select(SpecimenParent.child).where(SpecimenParent.parent == code).order_by(SpecimenParent.id)
    ).scalars()
    reports = db.session.execute(
        select(ReportRow.code, ReportRow.scope)
        .where(tenancy.visible(Kind.REPORT, actor))
        .order_by(ReportRow.id)
    )
    about = {code, specimen.participant, specimen.visit, specimen.kit}
    findings = db.session.execute(
        select(FindingRow.code)
        .where(FindingRow.about_code == code, tenancy.visible(Kind.FINDING, actor))
        .order_by(FindingRow.id)
    ).scalars()
    return Trace(
        specimen,
        tuple(parent for parent, _ in specimen.parents),
        tuple(children),
        _seen(state.transfer for state in states),
        _seen(state.batch for state in states),
        tuple(row.code for row in reports if row.scope.get("code") in about),
        tuple(findings),
        tuple(lines),
    )


def _states(entries: list[Entry]) -> list[Specimen]:
    found: list[Specimen] = []
    state: Specimen | None = None
    for entry in fold.effective(entries):
        state = fold.apply(Kind.SPECIMEN, state, entry)
        if state is not None:
            found.append(state)
    return found


def _seen(codes: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for code in codes if code))


def backward(actor: Actor, number: int) -> Origin:
    """Return what one entry of the ledger, by its number, was about, and what the same act touched besides.

    Raises:
        NotPermitted: without `audit:read`.
        NotFound: `unknown_ledger_entry`, also for one that is out of sight.
    """
    permit(actor, Permission.AUDIT_READ)
    seen = audit_sight.entries_seen(actor)
    row = db.session.execute(select(LedgerEntry).where(LedgerEntry.id == number, seen)).scalar()
    if row is None:
        raise NotFound("unknown_ledger_entry")
    every = db.session.execute(select(LedgerEntry.id).where(LedgerEntry.operation == row.operation)).scalars()
    together = db.session.execute(
        select(LedgerEntry).where(LedgerEntry.operation == row.operation, seen).order_by(LedgerEntry.id)
    ).scalars()
    lines = tuple(_line(each) for each in together)
    return Origin(_line(row), lines, len(list(every)) - len(lines))


def _line(row: LedgerEntry) -> Line:
    entry = read_entry(row.body)
    return Line(row.id, entry, who_acted(entry, {}), row.hash.hex())
