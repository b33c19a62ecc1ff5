"""How a search is answered without reading every specimen: which condition is looked up first, which are only asked."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    func,
    literal,
    or_,
    select,
    text,
    type_coerce,
    union_all,
)

from specimens.domain.access import Actor
from specimens.domain.terms import Kind, Status
from specimens.models.base import db
from specimens.models.participant import ParticipantRow
from specimens.models.site import StationRow, StorageRow
from specimens.models.user import UserRow
from specimens.models.visit import VisitRow
from specimens.services.record import table_of
from specimens.services.study import study

#: Each status is counted up to here; beyond it, a count says "more than".
MOST_COUNTED = 5_000
#: What fewer specimens fulfil is looked up by its index; what more fulfil is met soon enough on the way.
FEW = 2000
_MOST_NAMED = 200
_MOST_VISITS = 500
_DEEPEST = 12

_S = table_of(Kind.SPECIMEN)
_MARKED = text("(specimen.flags <> '[]' OR specimen.holds <> '[]')")  # as the index says it


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for; what is None does not matter.

    `identifier` is a specimen's code, `participant` a code or a subject number, `custodian` and `place` a code or a
    part of a name, `mark` a flag or a hold. `collected_from`/`collected_before` are instants in ms UTC, the second
    exclusive.
    """

    identifier: str | None = None
    participant: str | None = None
    visit: str | None = None
    timepoint: str | None = None
    specimen_type: str | None = None
    status: str | None = None
    custodian: str | None = None
    place: str | None = None
    mark: str | None = None
    collected_from: int | None = None
    collected_before: int | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """Return what was asked for, without what does not matter."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Plan:
    """How a query is answered without reading every specimen.

    A condition that few fulfil is answered by its own index first: the others are then asked of those few. When there
    is none, specimens are walked from the newest on, site by site, until a page is full.
    """

    def __init__(self, actor: Actor, query: Query) -> None:
        self.actor = actor
        self.statuses = [each for each in Status if query.status in (None, each)]
        self.few: list[int] | None = None
        telling, others = _conditions(actor, query)
        for condition in telling:
            found = list(
                db.session.execute(select(_S.c.id).where(condition.indexed).limit(FEW + 1)).scalars()
            )
            if len(found) <= FEW:
                self.few = found
                telling = [each for each in telling if each is not condition]
                break
        self.others = [each.asked for each in telling] + others

    def _asked(self, *more: ColumnElement[bool]) -> Select[Any]:
        return select(_S).where(*more, *self.others)

    def rows(self, *, after: int | None, before: int | None, most: int) -> list[Any]:
        """Return the rows after (or before) a cursor, nearest first."""
        beyond = [_S.c.id < after] if after is not None else []
        if before is not None:
            beyond = [_S.c.id > before]
        order = _S.c.id.asc() if before is not None else _S.c.id.desc()
        statements = [
            self._asked(branch, *beyond).order_by(order).limit(most).subquery() for branch in self._branches()
        ]
        if not statements:
            return []
        if len(statements) == 1:
            return list(db.session.execute(select(statements[0])).mappings())
        every = union_all(*(select(each) for each in statements)).subquery()
        order = every.c.id.asc() if before is not None else every.c.id.desc()
        found: dict[int, Any] = {}
        for row in db.session.execute(select(every).order_by(order)).mappings():
            found.setdefault(row["id"], row)
        return list(found.values())[:most]

    def _branches(self) -> list[ColumnElement[bool]]:
        """Return conditions that together are what the actor may see, each with an index in the order of ids."""
        mine = _S.c.study == self.actor.study
        if self.few is not None:
            return [and_(_S.c.id.in_(self.few), self._visible())]
        sites = self.actor.sites
        if sites is None:
            return [and_(mine, _S.c.site == site) for site in study(str(self.actor.study)).sites]
        return [
            and_(mine, column == site)
            for site in sorted(sites)
            for column in (_S.c.site, _S.c.held_site, _S.c.bound_site)
        ]

    def _visible(self) -> ColumnElement[bool]:
        """Return what the actor may see, as a condition that no index is tempted to answer."""
        mine = (func.coalesce(_S.c.study, "") if self.few is not None else _S.c.study) == self.actor.study
        if self.actor.sites is None:
            return mine
        sites = sorted(self.actor.sites)
        columns = (_S.c.site, _S.c.held_site, _S.c.bound_site)
        seen = or_(*(func.coalesce(column, "").in_(sites) for column in columns))
        return and_(mine, seen)

    def counts(self) -> dict[str, int]:
        """Return how many there are in each status, in the order of a specimen's life."""
        if self.few is not None:
            branch = self._branches()[0]
            rows = db.session.execute(
                select(_S.c.status, func.count()).where(branch, *self.others).group_by(_S.c.status)
            )
            found = {row[0]: row[1] for row in rows}
        else:
            capped = [self._capped(status) for status in self.statuses]
            found = {row[0]: row[1] for row in db.session.execute(union_all(*capped))} if capped else {}
        return {str(status): found[status] for status in self.statuses if found.get(status)}

    def _capped(self, status: str) -> Select[str, int]:
        some = (
            select(_S.c.id)
            .where(_S.c.status == status, self._visible(), *self.others)
            .limit(MOST_COUNTED + 1)
            .subquery()
        )
        return select(literal(str(status)), func.count()).select_from(some)

    def numbers(self) -> list[int]:
        """Return the numbers of every row, oldest first."""
        seen = self._branches()[0] if self.few is not None else self._visible()
        return list(db.session.execute(select(_S.c.id).where(seen, *self.others).order_by(_S.c.id)).scalars())


@dataclass(frozen=True, slots=True)
class _Telling:
    """A condition that has an index: as the index answers it, and as it is merely asked (no index is tempted)."""

    indexed: ColumnElement[bool]
    asked: ColumnElement[bool]


def _equal(actor: Actor, column: Any, values: list[str], *, by_study: bool = False) -> _Telling:
    indexed = column.in_(values)
    if by_study:
        indexed = and_(_S.c.study == actor.study, indexed)
    return _Telling(indexed, func.coalesce(column, "").in_(values))


def _conditions(actor: Actor, query: Query) -> tuple[list[_Telling], list[ColumnElement[bool]]]:
    """Return the conditions that have an index, most telling first, and those that have none."""
    telling: list[_Telling] = []
    others: list[ColumnElement[bool]] = []
    if query.identifier is not None:
        telling.append(_equal(actor, _S.c.code, [query.identifier]))
    if query.visit is not None:
        telling.append(_equal(actor, _S.c.visit, [query.visit]))
    if query.participant is not None:
        telling.append(_equal(actor, _S.c.participant, _participants(actor, query.participant)))
    if query.place is not None:
        telling.append(_equal(actor, _S.c.place, _places(query.place)))
    if query.custodian is not None:
        telling.append(_equal(actor, _S.c.custodian, _custodians(query.custodian)))
    if query.mark is not None:
        telling.append(_marked(actor, query.mark))
    if query.collected_from is not None or query.collected_before is not None:
        telling.append(_collected(actor, query.collected_from, query.collected_before))
    if query.status is not None:
        telling.append(_equal(actor, _S.c.status, [query.status], by_study=True))
    if query.specimen_type is not None:
        telling.append(_equal(actor, _S.c.specimen_type, [query.specimen_type], by_study=True))
    if query.timepoint is not None:
        if (visits := _visits(actor, query.timepoint)) is not None:
            telling.append(_equal(actor, _S.c.visit, visits))
        others.append(func.coalesce(_S.c.timepoint, "") == query.timepoint)
    return telling, others


def _marked(actor: Actor, mark: str) -> _Telling:
    columns = (type_coerce(_S.c.flags, Text), type_coerce(_S.c.holds, Text))
    said = or_(*(column.contains(f'"{mark}"', autoescape=True) for column in columns))
    return _Telling(and_(_S.c.study == actor.study, _MARKED, said), said)


def _collected(actor: Actor, since: int | None, until: int | None) -> _Telling:
    def within(column: Any) -> ColumnElement[bool]:
        low = column >= (since if since is not None else 0)
        return low if until is None else and_(low, column < until)

    return _Telling(
        and_(_S.c.study == actor.study, within(_S.c.collected_at)),
        within(func.coalesce(_S.c.collected_at, -1)),
    )


def _participants(actor: Actor, said: str) -> list[str]:
    rows = db.session.execute(
        select(ParticipantRow.code).where(
            ParticipantRow.study == actor.study,
            or_(ParticipantRow.code == said, ParticipantRow.subject_number == said),
        )
    )
    return list(rows.scalars())


def _named(row: Any, name: Any, said: str) -> list[str]:
    """Return the codes of what is called so: by its code, or by a part of its name."""
    found = db.session.execute(
        select(row.code)
        .where(or_(row.code == said, func.lower(name).contains(said.lower(), autoescape=True)))
        .limit(_MOST_NAMED)
    )
    return list(found.scalars())


def _custodians(said: str) -> list[str]:
    return [
        *_named(UserRow, UserRow.full_name, said),
        *_named(StationRow, StationRow.name, said),
        *_named(StorageRow, StorageRow.name, said),
    ]


def _places(said: str) -> list[str]:
    """Return the storage units that are called so, and all that stand in them."""
    found = _named(StorageRow, StorageRow.name, said)
    wave = found
    for _ in range(_DEEPEST):
        rows = db.session.execute(select(StorageRow.code).where(StorageRow.parent.in_(wave)))
        wave = [code for code in rows.scalars() if code not in found]
        if not wave:
            break
        found = found + wave
    return found


def _visits(actor: Actor, timepoint: str) -> list[str] | None:
    """Return the visits at a timepoint; None where there are too many to name."""
    rows = db.session.execute(
        select(VisitRow.code)
        .where(VisitRow.study == actor.study, VisitRow.timepoint == timepoint)
        .limit(_MOST_VISITS + 1)
    )
    found = list(rows.scalars())
    return found if len(found) <= _MOST_VISITS else None
