"""The audit's home: corrections, near misses, late entries, open matters, findings, as counts that lead to lists."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select, text

from specimens.domain import fold
from specimens.domain.access import Actor, Permission
from specimens.domain.entry import Entry, read_entry
from specimens.domain.finding import FindingState
from specimens.domain.grant import SEATED
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Role, Status
from specimens.models.audit import DrawRow, FindingRow
from specimens.models.base import db
from specimens.models.ledger import LATE, LedgerEntry
from specimens.models.specimen import SpecimenRow
from specimens.models.transfer import NearMissRow, ReportRow
from specimens.models.user import GrantRow
from specimens.services import audit_sight, near_miss, tenancy
from specimens.services.clock import now_ms, today
from specimens.services.entries import sealed_texts
from specimens.services.hands import names_of, permit
from specimens.services.row import state_of, table_of

PAGE = 50
_MOST_COUNTED = 1_000_000
_CHANGED = (fold.CORRECTED, fold.UNDONE)
_BETWEEN_HANDS = (Status.RELEASED, Status.IN_TRANSIT, Status.DELIVERED)

#: Kinds whose entries tell when something happened to a specimen; nobody is late with a log-in.
_HAPPENED = (Kind.SPECIMEN, Kind.KIT, Kind.VISIT, Kind.TRANSFER, Kind.BATCH)


@dataclass(frozen=True, slots=True)
class Overview:
    """How much there is to look at. What a role may not see is None."""

    changes: int
    late_entries: int
    near_misses: int | None
    open_matters: int | None
    reports: int | None
    draws: int | None
    findings: int
    seats: int


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in a list: its number, the entry, and the name of the station."""

    number: int
    entry: Entry
    station: str | None

    @property
    def late_minutes(self) -> int:
        """Return how many minutes after it happened it was recorded."""
        return (self.entry.recorded_at - self.entry.happened_at) // 60_000


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of entries, newest first; `previous` and `next` are cursors or None."""

    lines: tuple[Line, ...]
    previous: int | None
    next: int | None


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """A specimen that waits for somebody: why, since when (ms UTC), for how long, in whose hands."""

    specimen: Specimen
    why: str
    since: int
    age_ms: int
    owner: str | None


@dataclass(frozen=True, slots=True)
class OpenMatters:
    """A page of them; `previous` and `next` are cursors or None."""

    lines: tuple[OpenMatter, ...]
    previous: int | None
    next: int | None


def overview(actor: Actor) -> Overview:
    """Return the counts of the audit's home.

    Raises:
        NotPermitted: without `audit:read`.
    """
    permit(actor, Permission.AUDIT_READ)
    reads = actor.may(Permission.SPECIMEN_READ)
    near = select(func.count(NearMissRow.id)).where(tenancy.visible(Kind.NEAR_MISS, actor))
    waits = select(func.count(SpecimenRow.id)).where(_waiting(), tenancy.visible_specimens(actor))
    made = select(func.count(ReportRow.id)).where(tenancy.visible(Kind.REPORT, actor))
    draws = select(func.count(DrawRow.id)).where(tenancy.visible(Kind.DRAW, actor))
    findings = select(func.count(FindingRow.id)).where(
        FindingRow.state != str(FindingState.CLOSED), tenancy.visible(Kind.FINDING, actor)
    )
    day = today(actor.zone).isoformat()
    seats = select(func.count(GrantRow.id)).where(
        GrantRow.role.in_([str(role) for role in SEATED]),
        GrantRow.from_on <= day,
        GrantRow.until_on >= day,
        GrantRow.revoked_at.is_(None),
        audit_sight.visible(Kind.GRANT, actor),
    )
    return Overview(
        changes=_count(_changed(actor)),
        late_entries=_count(_late(actor)),
        near_misses=_scalar(near) if reads else None,
        open_matters=_scalar(waits) if reads else None,
        reports=_scalar(made) if actor.may(Permission.REPORT_MAKE) else None,
        draws=_scalar(draws) if reads else None,
        findings=_scalar(findings),
        seats=_scalar(seats),
    )


def _scalar(statement: Any) -> int:
    return int(db.session.execute(statement).scalar_one())


def _count(condition: ColumnElement[bool]) -> int:
    """Count in the order in which a list of them is read: with it SQLite takes the index of what is looked for."""
    found = select(LedgerEntry.id).where(condition).order_by(LedgerEntry.id.desc()).limit(_MOST_COUNTED)
    return _scalar(select(func.count()).select_from(found.subquery()))


def _changed(actor: Actor) -> ColumnElement[bool]:
    return and_(LedgerEntry.act.in_(_CHANGED), audit_sight.entries_seen(actor))


def _late(actor: Actor) -> ColumnElement[bool]:
    """What is late has an index of its own: what somebody may see of it is looked up for these few entries alone."""
    late = select(LedgerEntry.id).where(text(LATE))
    return and_(LedgerEntry.id.in_(late), audit_sight.entries_seen(actor, _HAPPENED))


def changes(actor: Actor, *, before: int | None = None, after: int | None = None) -> Lines:
    """Return what was corrected or undone, newest first."""
    permit(actor, Permission.AUDIT_READ)
    return _lines(actor, _changed(actor), before, after)


def late_entries(actor: Actor, *, before: int | None = None, after: int | None = None) -> Lines:
    """Return what was recorded long after it happened, newest first."""
    permit(actor, Permission.AUDIT_READ)
    return _lines(actor, _late(actor), before, after)


def near_misses(
    actor: Actor, *, before: int | None = None, after: int | None = None, of: near_miss.Wanted | None = None
) -> Lines:
    """Return refused scans, all or those *of* a period, kind and station, newest first.

    What was picked up is there only for an auditor or an investigator.
    """
    permit(actor, Permission.AUDIT_READ)
    permit(actor, Permission.SPECIMEN_READ)
    wanted = and_(LedgerEntry.act == "scan_refused", audit_sight.entries_seen(actor, (Kind.NEAR_MISS,)))
    if of is not None:
        codes = select(NearMissRow.code).where(near_miss.condition(actor, of))
        wanted = and_(wanted, LedgerEntry.subject_code.in_(codes))
    return _lines(actor, wanted, before, after)


def _lines(actor: Actor, wanted: ColumnElement[bool], before: int | None, after: int | None) -> Lines:
    statement = select(LedgerEntry.id, LedgerEntry.entry_id, LedgerEntry.body).where(wanted)
    rows, previous, following = _page(statement, LedgerEntry.id, before, after)
    reads = actor.role in (Role.AUDITOR, Role.INVESTIGATOR) and actor.seat is None
    texts = sealed_texts(db.session(), [row["entry_id"] for row in rows]) if reads else {}
    entries = [(row["id"], read_entry(row["body"], texts.get(row["entry_id"]))) for row in rows]
    names = names_of(entry.station for _, entry in entries)
    lines = tuple(Line(number, entry, names.get(entry.station or "")) for number, entry in entries)
    return Lines(lines, previous, following)


def _page(
    statement: Any, key: Any, before: int | None, after: int | None
) -> tuple[list[RowMapping], int | None, int | None]:
    """Return a page of rows, newest first, and the cursors to the pages before and after it."""
    if before is not None:
        statement = statement.where(key > before).order_by(key)
    else:
        statement = statement.order_by(key.desc())
        if after is not None:
            statement = statement.where(key < after)
    rows = list(db.session.execute(statement.limit(PAGE + 1)).mappings())
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if before is not None:
        rows.reverse()
    newer, older = (more, bool(rows)) if before is not None else (after is not None, more)
    return rows, rows[0]["id"] if rows and newer else None, rows[-1]["id"] if rows and older else None


def _waiting() -> ColumnElement[bool]:
    """Specimens on hold, missing, or between two hands."""
    states = [str(state) for state in (Status.MISSING, *_BETWEEN_HANDS)]
    # JSON text of an empty list; anything longer holds a hold.
    held = func.length(table_of(Kind.SPECIMEN).c.holds) > len("[]")
    return or_(held, SpecimenRow.status.in_(states))


def open_matters(actor: Actor, *, before: int | None = None, after: int | None = None) -> OpenMatters:
    """Return specimens that wait for somebody, newest first."""
    permit(actor, Permission.AUDIT_READ)
    permit(actor, Permission.SPECIMEN_READ)
    table = table_of(Kind.SPECIMEN)
    last = (
        select(func.max(LedgerEntry.happened_at))
        .where(
            LedgerEntry.subject_kind == str(Kind.SPECIMEN),
            LedgerEntry.subject_code == table.c.code,
        )
        .correlate(table)
        .scalar_subquery()
    )
    statement = select(table, last.label("since")).where(_waiting(), tenancy.visible_specimens(actor))
    rows, previous, following = _page(statement, table.c.id, before, after)
    now = now_ms()
    found = [(state_of(Kind.SPECIMEN, row), row["since"]) for row in rows]
    names = names_of(specimen.custodian for specimen, _ in found)
    lines = tuple(
        OpenMatter(specimen, _why(specimen), since, max(0, now - since), names.get(specimen.custodian or ""))
        for specimen, since in found
    )
    return OpenMatters(lines, previous, following)


def _why(specimen: Specimen) -> str:
    if specimen.holds:
        return f"open_{specimen.holds[0]}"
    return "open_missing" if specimen.status == Status.MISSING else "open_not_accepted"
