"""All transfers: what comes next for each, since when, and who has to act; and those that are over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    ScalarSelect,
    Select,
    Table,
    and_,
    func,
    or_,
    select,
    true,
)

from specimens.domain.access import Actor, Permission
from specimens.domain.terms import Kind, Outcome, Status, TransferState
from specimens.domain.transfer import OPEN, Transfer, open_lines
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenRow
from specimens.services import tenancy
from specimens.services.hands import names_of, permit
from specimens.services.row import state_of, table_of

_TS = TransferState


@dataclass(frozen=True, slots=True)
class Listed:
    """A transfer in a list: `stage` says what is next, `since` and `age_ms` for how long, `owner` who has to act.

    `left` counts the tubes without an outcome; `differences` those that are missing or came as extra and are open.
    """

    transfer: Transfer
    stage: str
    count: int
    left: int
    differences: int
    since: int
    age_ms: int
    owner: str
    from_name: str
    to_name: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """One page of what is over, newest first; `previous` and `next` are cursors or None."""

    lists: tuple[Listed, ...]
    previous: int | None
    next: int | None


#: What comes next for a list, in the order in which a list goes through them.
STAGES = ("packing", "to_release", "on_the_way", "to_receive", "differences")


def open_lists(actor: Actor, now: int, limit: int = 500) -> dict[str, tuple[Listed, ...]]:
    """Return stage → the lists that wait there, longest waiting first."""
    permit(actor, Permission.TRANSFER_READ)
    table = table_of(Kind.TRANSFER)
    wanted = or_(
        table.c.state.in_([str(state) for state in OPEN]), table.c.code.in_(_with_differences(actor))
    )
    rows = _rows(actor, wanted, table.c.id, limit)
    listed = _listed(actor, rows, now)
    return {stage: tuple(each for each in listed if each.stage == stage) for stage in STAGES}


def closed_lists(
    actor: Actor, now: int, *, before: int | None = None, after: int | None = None, size: int = 25
) -> Closed:
    """Return a page of the lists that are over, newest first; *before* and *after* are the cursors of a page."""
    permit(actor, Permission.TRANSFER_READ)
    table = table_of(Kind.TRANSFER)
    over: ColumnElement[bool] = table.c.state.not_in([str(state) for state in OPEN])
    back = before is not None
    if back:
        over = and_(over, table.c.id > before)
    elif after is not None:
        over = and_(over, table.c.id < after)
    rows = _rows(actor, over, table.c.id if back else table.c.id.desc(), size + 1)
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    older = more if not back else bool(rows)
    newer = more if back else after is not None
    return Closed(
        tuple(sorted(_listed(actor, rows, now), key=lambda each: -_ids(rows)[each.transfer.code])),
        rows[0]["id"] if rows and newer else None,
        rows[-1]["id"] if rows and older else None,
    )


def _ids(rows: Iterable[RowMapping]) -> dict[str, int]:
    return {row["code"]: row["id"] for row in rows}


def _rows(actor: Actor, wanted: ColumnElement[bool], order: Any, limit: int) -> list[RowMapping]:
    table = table_of(Kind.TRANSFER)
    began = (
        select(LedgerEntry.happened_at)
        .where(
            LedgerEntry.subject_kind == str(Kind.TRANSFER),
            LedgerEntry.subject_code == table.c.code,
            LedgerEntry.seq == 1,
        )
        .scalar_subquery()
    )
    statement = (
        select(table, began.label("began_at"), _opener(table).label("opened_by"))
        .where(tenancy.visible(Kind.TRANSFER, actor), wanted)
        .order_by(order)
        .limit(limit)
    )
    return list(db.session.execute(statement).mappings())


def _opener(table: Table) -> ScalarSelect[str]:
    return (
        select(LedgerEntry.actor_user)
        .where(
            LedgerEntry.subject_kind == str(Kind.TRANSFER),
            LedgerEntry.subject_code == table.c.code,
            LedgerEntry.seq == 1,
        )
        .scalar_subquery()
    )


def _with_differences(actor: Actor) -> Select[Any]:
    """Lists that are closed, with a tube that is still missing."""
    return select(SpecimenRow.transfer).where(
        SpecimenRow.study == actor.study,
        SpecimenRow.status == str(Status.MISSING),
        SpecimenRow.transfer.is_not(None),
    )


def _listed(actor: Actor, rows: Iterable[RowMapping], now: int) -> list[Listed]:
    known = list(rows)
    transfers = [(state_of(Kind.TRANSFER, row), row["began_at"] or now, row["opened_by"]) for row in known]
    people = {opened_by for _, _, opened_by in transfers}
    for each, _, _ in transfers:
        people |= {each.to_code, each.released_by, each.carried_by, each.received_by}
    names = names_of(people)
    missing = _missing([each for each, _, _ in transfers])
    found = [_line(actor, each, began, by, now, names, missing) for each, began, by in transfers]
    return sorted(found, key=lambda each: each.since)


def _missing(transfers: list[Transfer]) -> dict[str, int]:
    """Return transfer → how many of its tubes are missing now."""
    codes = [each.code for each in transfers if Outcome.MISSING in each.lines.values()]
    if not codes:
        return {}
    rows = db.session.execute(
        select(SpecimenRow.transfer, func.count(SpecimenRow.id))
        .where(SpecimenRow.transfer.in_(codes), SpecimenRow.status == str(Status.MISSING))
        .group_by(SpecimenRow.transfer)
    )
    return {str(code): count for code, count in rows}


def _line(
    actor: Actor,
    transfer: Transfer,
    began_at: int,
    opened_by: str,
    now: int,
    names: Mapping[str, str],
    missing: Mapping[str, int],
) -> Listed:
    stage = stage_of(transfer)
    since = transfer.closed_at or transfer.released_at or began_at
    owners = {
        "packing": opened_by,
        "to_release": opened_by,
        "on_the_way": transfer.carried_by,
        "to_receive": transfer.received_by or transfer.to_code,
        "differences": transfer.received_by,
    }
    owner = owners.get(stage) or ""
    return Listed(
        transfer=transfer,
        stage=stage,
        count=len(transfer.lines),
        left=len(open_lines(transfer)),
        differences=missing.get(transfer.code, 0),
        since=since,
        age_ms=max(0, now - since),
        owner=names.get(owner, ""),
        from_name=names.get(transfer.released_by or opened_by, ""),
        to_name=names.get(transfer.to_code, transfer.to_code),
        mine=bool(owner) and owner in (actor.user, actor.station),
    )


def stage_of(transfer: Transfer) -> str:
    """Say what comes next for a list; `differences` once it is closed with something left to resolve, or over."""
    match transfer.state:
        case _TS.PACKING:
            return "packing"
        case _TS.SEALED:
            return "to_release"
        case _TS.IN_TRANSIT:
            return "on_the_way"
        case _TS.RELEASED | _TS.DEPOSITED | _TS.DELIVERED:
            return "to_receive"
        case _TS.CLOSED:
            return "differences"
    return "over"


@dataclass(frozen=True, slots=True)
class KitWaiting:
    """A kit of which collected tubes are on no list yet: how many, and since when the first of them (ms, UTC)."""

    code: str
    participant: str
    timepoint: str
    procedure: str
    count: int
    since: int


def kits_waiting(actor: Actor, limit: int = 50) -> tuple[KitWaiting, ...]:
    """Return the kits of one's sites with collected tubes that are on no list, oldest first."""
    permit(actor, Permission.TRANSFER_RELEASE)
    row = SpecimenRow
    count, since = func.count(row.id), func.min(row.collected_at)
    here = true() if actor.sites is None else row.held_site.in_(actor.sites)
    rows = db.session.execute(
        select(row.kit, row.participant, row.timepoint, row.procedure, count, since)
        .where(
            row.study == actor.study,
            row.status == str(Status.COLLECTED),
            row.transfer.is_(None),
            row.kit.is_not(None),
            here,
        )
        .group_by(row.kit, row.participant, row.timepoint, row.procedure)
        .order_by(since)
        .limit(limit)
    )
    return tuple(KitWaiting(str(each[0]), each[1], each[2], each[3], each[4], each[5] or 0) for each in rows)
