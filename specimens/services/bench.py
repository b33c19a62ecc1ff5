"""The bench: what is expected, released, received and not yet stored, with the clocks that run, most urgent first."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import NotFound
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Hold, Kind, Status
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import tenancy, transfer_list
from specimens.services.difference import held_for, is_difference
from specimens.services.hands import names_of, permit
from specimens.services.row import state_of, table_of
from specimens.services.running_clocks import Running, running
from specimens.services.transfer_list import Listed
from specimens.services.transfer_view import What, whats_of

_S = Status
#: States in which a tube is in the laboratory and not yet put away.
UNSTORED = (_S.RECEIVED, _S.IN_PROCESSING, _S.RETRIEVED)
_ON_ITS_WAY = (_S.RELEASED, _S.IN_TRANSIT, _S.DELIVERED)
#: How many unstored tubes are looked at for their clocks, newest first.
_CLOCKED = 2000


@dataclass(frozen=True, slots=True)
class BenchLine:
    """One tube of a list of the bench: what it is, who has it, since when it is so (ms), and its clock."""

    specimen: Specimen
    what: What
    custodian: str
    since: int
    age_ms: int
    clock: Running | None


@dataclass(frozen=True, slots=True)
class BenchPage:
    """A page of one list of the bench, oldest first; `previous` and `next` are cursors or None."""

    what: str
    lines: tuple[BenchLine, ...]
    total: int
    previous: int | None
    next: int | None


@dataclass(frozen=True, slots=True)
class Bench:
    """What waits: `counts` by list, the lists to be received, and the tubes whose clocks are most urgent."""

    counts: Mapping[str, int]
    late: int
    to_receive: tuple[Listed, ...]
    on_the_way: tuple[Listed, ...]
    urgent: tuple[BenchLine, ...]


def _which(what: str) -> ColumnElement[bool]:
    """Return the condition of a list of the bench."""
    status = SpecimenRow.status
    match what:
        case "expected":
            return status == str(_S.COLLECTED)
        case "released":
            return status.in_([str(each) for each in _ON_ITS_WAY])
        case "unstored":
            return status.in_([str(each) for each in UNSTORED])
        case "differences":
            return is_difference()
        case "quarantined":
            return and_(held_for(Hold.QUARANTINE), status.not_in([str(each) for each in ENDED]))
    raise NotFound("not_found")


#: The lists of the bench, in the order of a tube's way, and the act since which a tube stands in it.
LISTS: dict[str, tuple[str, ...]] = {
    "expected": ("collected",),
    "released": ("released",),
    "unstored": (
        "accepted", "accepted_with_deviation", "received_in_quarantine", "received_without_release",
        "received_extra", "duplicate_found", "found", "derived", "returned",
    ),
    "differences": ("reported_missing", "received_extra", "received_without_release"),
    "quarantined": ("quarantined", "received_in_quarantine", "received_extra", "duplicate_found", "derived"),
}  # fmt: skip


def bench(actor: Actor, now: int, urgent: int = 40) -> Bench:
    """Return what waits at the sites of the actor; *urgent* is how many tubes with clocks are named."""
    permit(actor, Permission.PROCESS)
    counts = {what: _count(actor, what) for what in LISTS}
    waiting = transfer_list.open_lists(actor, now)
    for_us = tuple(
        each for each in waiting["to_receive"] if actor.sites is None or each.transfer.to_site in actor.sites
    )
    table = table_of(Kind.SPECIMEN)
    rows = db.session.execute(
        select(table)
        .where(tenancy.visible_specimens(actor), _which("unstored"))
        .order_by(table.c.id.desc())
        .limit(_CLOCKED)
    ).mappings()
    tubes = [state_of(Kind.SPECIMEN, row) for row in rows]
    lines = _lines(tubes, "unstored", now)
    late = sum(1 for each in lines if each.clock and each.clock.left_minutes < 0)
    ordered = sorted(lines, key=_urgency)[:urgent]
    return Bench(counts, late, for_us, waiting["on_the_way"], tuple(ordered))


def _urgency(line: BenchLine) -> tuple[bool, int]:
    return line.clock is None, line.clock.deadline_at if line.clock else line.since


def _count(actor: Actor, what: str) -> int:
    found = db.session.execute(
        select(func.count(SpecimenRow.id)).where(tenancy.visible_specimens(actor), _which(what))
    )
    return int(found.scalar() or 0)


def page(
    actor: Actor, what: str, now: int, *, before: int | None = None, after: int | None = None, size: int = 50
) -> BenchPage:
    """Return a page of one list of the bench; raises NotFound for a list that there is not."""
    permit(actor, Permission.PROCESS)
    table = table_of(Kind.SPECIMEN)
    wanted: ColumnElement[bool] = and_(tenancy.visible_specimens(actor), _which(what))
    back = before is not None
    here = wanted
    if before is not None:
        here = and_(wanted, table.c.id < before)
    elif after is not None:
        here = and_(wanted, table.c.id > after)
    order = table.c.id.desc() if back else table.c.id
    rows = list(db.session.execute(select(table).where(here).order_by(order).limit(size + 1)).mappings())
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    lines = _lines([state_of(Kind.SPECIMEN, row) for row in rows], what, now)
    earlier = rows and (more if back else after is not None)
    later = rows and (back or more)
    return BenchPage(
        what,
        tuple(lines),
        _count(actor, what),
        rows[0]["id"] if earlier else None,
        rows[-1]["id"] if later else None,
    )


def _lines(tubes: list[Specimen], what: str, now: int) -> list[BenchLine]:
    names = names_of(each.custodian for each in tubes)
    clocks = running(tubes, now)
    whats = whats_of(tubes)
    acts = LISTS[what]
    found = []
    for each in tubes:
        since = max((each.moments[act] for act in acts if act in each.moments), default=now)
        custodian = names.get(each.custodian or "", "")
        found.append(
            BenchLine(each, whats[each.code], custodian, since, max(0, now - since), clocks.get(each.code))
        )
    return found
