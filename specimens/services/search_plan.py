"""How a search is answered without reading every specimen: which condition is looked up first, which are only asked."""

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    TextClause,
    and_,
    any_,
    bindparam,
    false,
    func,
    or_,
    select,
    text,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from specimens.domain.access import Actor
from specimens.domain.terms import Kind, Status
from specimens.models.base import db
from specimens.models.participant import ParticipantRow
from specimens.models.site import StationRow, StorageRow
from specimens.models.user import UserRow
from specimens.models.visit import VisitRow
from specimens.services.row import table_of
from specimens.services.study import study

#: Each status is counted up to here where nothing else is asked; beyond it, a count says "at least".
MOST_COUNTED = 5_000
#: What fewer specimens fulfil is looked up by its index first, and counted exactly; of more, so many are looked at.
FEW = 2000
#: What fewer fulfil is still looked up by its index where that is not in the order of pages.
MANY = 10_000
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


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are in each status, in the order of a specimen's life.

    Of the statuses in `further` there are so many and perhaps more. Unless `complete`, not everything that might fulfil
    the query was looked at, and other statuses may have some too.
    """

    numbers: dict[str, int]
    further: frozenset[str] = frozenset()
    complete: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class _Telling:
    """A condition that has an index: the ids that the index answers with, and as it is merely asked.

    `ordered` is the condition as an index has it that keeps what fulfils it in the order of ids.
    """

    ids: Select[Any] | CompoundSelect[Any]
    asked: ColumnElement[bool]
    ordered: ColumnElement[bool] | None = None


class Plan:
    """How a query is answered without reading every specimen.

    A condition that few fulfil is answered by its own index first: the others are then asked of those few. When there
    is none, specimens are walked from the newest on, by an index that has them in that order: that of a condition, or
    those of the sites one after another, until a page is full.
    """

    def __init__(self, actor: Actor, query: Query) -> None:
        self.actor = actor
        self.statuses = [str(each) for each in Status if query.status in (None, each)]
        self.covered = query.asked.keys() <= {"status"}
        telling, others = _conditions(actor, query)
        self.mine = _mine(actor)
        self.all = [each.asked for each in telling] + others
        self.few = True
        self.driver = next((each for each in [*telling, self.mine] if not _exceeds(each, FEW)), None)
        self.begun = None if self.driver is None else _among(self.driver.ids.limit(FEW + 1))
        if self.driver is None:
            self.few = False
            self._walked(telling)
        self.others = [each.asked for each in telling if each is not self.driver] + others

    def _walked(self, telling: list[_Telling]) -> None:
        """Choose where to begin when many fulfil each condition: with the one that fewest do."""
        if len(telling) > 1:
            telling = [min(telling, key=lambda each: _counted(each, MANY))]
        self.driver = telling[0] if telling else None
        if self.driver is not None and self.driver.ordered is None and not _exceeds(self.driver, MANY):
            self.begun = _among(self.driver.ids.limit(MANY + 1))

    def rows(self, *, after: int | None, before: int | None, most: int) -> list[Any]:
        """Return the rows after (or before) a cursor, nearest first."""
        beyond = [_S.c.id < after] if after is not None else []
        if before is not None:
            beyond = [_S.c.id > before]
        order = _S.c.id.asc() if before is not None else _S.c.id.desc()
        statements = [
            select(_S.c.id).where(*branch, *beyond).order_by(order).limit(most).subquery()
            for branch in self._branches()
        ]
        if not statements:
            return []
        found = set(db.session.execute(union_all(*(select(each.c.id) for each in statements))).scalars())
        nearest = sorted(found, reverse=before is None)[:most]
        rows = db.session.execute(select(_S).where(_S.c.id.in_(nearest))).mappings()
        return sorted(rows, key=lambda row: row["id"], reverse=before is None)

    def _branches(self) -> list[list[ColumnElement[bool]]]:
        """Return conditions that together are what is found, each with an index in the order of ids."""
        if self.begun is not None:
            return [[self.begun, self.mine.asked, *self.others]]
        if self.driver is not None and self.driver.ordered is not None:
            return [[self.driver.ordered, *_at_sites(self.actor), *self.others]]
        mine = _S.c.study == self.actor.study
        sites = self.actor.sites
        if sites is None:
            return [[mine, _S.c.site == site, *self.all] for site in study(str(self.actor.study)).sites]
        return [
            [mine, column == site, *self.all]
            for site in sorted(sites)
            for column in (_S.c.site, _S.c.held_site, _S.c.bound_site)
        ]

    def counts(self, *, whole: bool = False) -> Counts:
        """Return how many there are in each status: exactly, where that is quick or they are to be counted *whole*."""
        if whole or self.few:
            return Counts(self._grouped([self.begun] if self.begun is not None else []))
        if self.covered:
            return self._capped()
        source = self.driver or self.mine
        ids = source.ids
        if source.ordered is not None and isinstance(ids, Select):
            ids = ids.order_by(_S.c.id.desc())
        numbers = self._grouped([_among(ids.limit(FEW))])
        return Counts(numbers, frozenset(numbers), complete=False)

    def _grouped(self, begun: list[ColumnElement[bool]]) -> dict[str, int]:
        """Count by status whatever fulfils a condition to begin with, and all others."""
        rows = db.session.execute(
            select(_S.c.status, func.count())
            .where(*begun, self.mine.asked, *(self.others if begun else self.all))
            .group_by(_S.c.status)
        )
        found = {row[0]: row[1] for row in rows}
        return {status: found[status] for status in self.statuses if found.get(status)}

    def _capped(self) -> Counts:
        """Count each status up to a limit by the index that has the sites in it: no row is read."""
        values: dict[str, Any] = {"study": self.actor.study, "most": MOST_COUNTED + 1}
        if self.actor.sites is not None:
            values["sites"] = sorted(self.actor.sites)
        statement = _capped_statement(tuple(self.statuses), self.actor.sites is not None)
        found = {row[0]: row[1] for row in db.session.execute(statement, values) if row[1]}
        return Counts(
            {status: min(number, MOST_COUNTED) for status, number in found.items()},
            frozenset(status for status, number in found.items() if number > MOST_COUNTED),
        )

    def numbers(self) -> list[int]:
        """Return the numbers of every row, oldest first."""
        conditions = self.all if self.begun is None else [self.begun, *self.others]
        return list(
            db.session.execute(
                select(_S.c.id).where(self.mine.asked, *conditions).order_by(_S.c.id)
            ).scalars()
        )


def _among(ids: Select[Any] | CompoundSelect[Any]) -> ColumnElement[bool]:
    """Return the condition that a row is one of these, looked up one by one: there are not many of them."""
    if (
        db.engine.dialect.name == "postgresql"
    ):  # it would rather read the whole table than look up some thousand rows
        return _S.c.id == any_(func.array(ids.scalar_subquery()))
    return _S.c.id.in_(ids)


def _counted(telling: _Telling, most: int) -> int:
    """Return how many fulfil a condition, at most one more than *most*."""
    some = telling.ids.limit(most + 1).subquery()
    return int(db.session.execute(select(func.count()).select_from(some)).scalar_one())


def _exceeds(telling: _Telling, most: int) -> bool:
    return _counted(telling, most) > most


@cache
def _capped_statement(statuses: tuple[str, ...], at_sites: bool) -> TextClause:
    """Return the statement that counts each of some statuses, for those who see some sites or all."""
    seen = " OR ".join(f"coalesce({column}, '') IN :sites" for column in ("site", "held_site", "bound_site"))
    parts = [
        f"SELECT '{status}', count(*) FROM (SELECT id FROM specimen WHERE study = :study AND status = '{status}' "  # noqa: S608 - our own words
        f"{f'AND ({seen})' if at_sites else ''} LIMIT :most) AS {status}"
        for status in statuses
    ]
    statement = text(" UNION ALL ".join(parts))
    return statement.bindparams(bindparam("sites", expanding=True)) if at_sites else statement


class _unindexed(FunctionElement[Any]):  # noqa: N801 - reads as the function that it is
    """A column as SQLite may ask it, but not look it up: its planner knows too little of what is rare."""

    inherit_cache = True


@compiles(_unindexed)
def _asked(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(_unindexed, "sqlite")
def _asked_in_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"+{compiler.process(element.clauses, **kw)}"


def _at_sites(actor: Actor) -> list[ColumnElement[bool]]:
    """Return what the actor may see of the study's specimens, as a condition that no index is tempted to answer."""
    if actor.sites is None:
        return []
    sites = sorted(actor.sites)
    return [or_(*(_unindexed(column).in_(sites) for column in (_S.c.site, _S.c.held_site, _S.c.bound_site)))]


def _mine(actor: Actor) -> _Telling:
    """Return what the actor may see as a condition with indexes: one for each way to see a specimen."""
    asked = and_(_unindexed(_S.c.study) == actor.study, *_at_sites(actor))
    mine = select(_S.c.id).correlate(None).where(_S.c.study == actor.study)
    if actor.sites is None:
        return _Telling(mine, asked)
    ways = [
        mine.where(column == site)
        for site in sorted(actor.sites)
        for column in (_S.c.site, _S.c.held_site, _S.c.bound_site)
    ]
    return _Telling(union_all(*ways) if ways else mine.where(false()), asked)


def _found(*conditions: ColumnElement[bool] | TextClause) -> Select[Any]:
    return select(_S.c.id).correlate(None).where(*conditions)


def _equal(column: Any, values: list[str]) -> _Telling:
    return _Telling(_found(column.in_(values)), _unindexed(column).in_(values))


def _of_study(actor: Actor, column: Any, value: str) -> _Telling:
    """Return a condition whose index has the study before it and the ids after it."""
    ordered = and_(_S.c.study == actor.study, column == value)
    return _Telling(_found(ordered), _unindexed(column) == value, ordered)


def _conditions(actor: Actor, query: Query) -> tuple[list[_Telling], list[ColumnElement[bool]]]:
    """Return the conditions that have an index, most telling first, and those that have none."""
    telling: list[_Telling] = []
    others: list[ColumnElement[bool]] = []
    if query.identifier is not None:
        telling.append(_equal(_S.c.code, [query.identifier]))
    if query.visit is not None:
        telling.append(_equal(_S.c.visit, [query.visit]))
    if query.participant is not None:
        telling.append(_equal(_S.c.participant, _participants(actor, query.participant)))
    if query.place is not None:
        telling.append(_equal(_S.c.place, _places(query.place)))
    if query.custodian is not None:
        telling.append(_equal(_S.c.custodian, _custodians(query.custodian)))
    if query.mark is not None:
        telling.append(_marked(actor, query.mark))
    if query.collected_from is not None or query.collected_before is not None:
        telling.append(_collected(actor, query.collected_from, query.collected_before))
    if query.status is not None:
        telling.append(_of_study(actor, _S.c.status, query.status))
    if query.specimen_type is not None:
        telling.append(_of_study(actor, _S.c.specimen_type, query.specimen_type))
    if query.timepoint is not None:
        if (visits := _visits(actor, query.timepoint)) is not None:
            telling.append(_equal(_S.c.visit, visits))
        others.append(_unindexed(_S.c.timepoint) == query.timepoint)
    return telling, others


def _marked(actor: Actor, mark: str) -> _Telling:
    columns = (type_coerce(_S.c.flags, Text), type_coerce(_S.c.holds, Text))
    said = or_(*(column.contains(f'"{mark}"', autoescape=True) for column in columns))
    return _Telling(_found(_S.c.study == actor.study, _MARKED, said), said)


def _collected(actor: Actor, since: int | None, until: int | None) -> _Telling:
    def within(column: Any) -> ColumnElement[bool]:
        low = column >= (since if since is not None else 0)
        return low if until is None else and_(low, column < until)

    return _Telling(
        _found(_S.c.study == actor.study, within(_S.c.collected_at)), within(_unindexed(_S.c.collected_at))
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
