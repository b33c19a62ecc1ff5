"""The store as people read it: the tree of units with how full they are, the map of a box, the list of a drawer."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from specimens.domain.access import Actor
from specimens.domain.specimen import Specimen
from specimens.domain.storage import Storage, next_position, positions
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import tenancy
from specimens.services.batch_view import Protocols, name_of
from specimens.services.row import state_of, table_of

#: How many specimens of a unit without wells are listed at most.
LONGEST_LIST = 500


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit in the tree with what stands in it. *kept* counts the specimens in it and below, *wells* the wells."""

    unit: Storage
    kept: int
    wells: int
    inside: tuple["Branch", ...]

    @property
    def free(self) -> int:
        """How many wells are free in it and below."""
        return max(0, self.wells - self.kept)


@dataclass(frozen=True, slots=True)
class Occupant:
    """A specimen in its place; the specimen is None where it belongs to somebody else's study."""

    position: str | None
    specimen: Specimen | None
    label: str = ""

    @property
    def state(self) -> str:
        """Return `occupied` (another study), `held` (on hold) or `kept`."""
        if self.specimen is None:
            return "occupied"
        return "held" if self.specimen.holds else "kept"


@dataclass(frozen=True, slots=True)
class Well:
    """A well of a box: its name, who is in it, and whether the next tube goes here."""

    position: str
    occupant: Occupant | None
    next: bool

    @property
    def state(self) -> str:
        """Return `free`, `next`, `kept`, `held` or `occupied`."""
        if self.occupant:
            return self.occupant.state
        return "next" if self.next else "free"


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit: the way to it from outside, what stands in it, who is in it, and for a box its wells row by row."""

    unit: Storage
    path: tuple[Storage, ...]
    inside: tuple[Branch, ...]
    occupants: tuple[Occupant, ...]
    grid: tuple[tuple[Well, ...], ...]
    next: str | None
    kept: int

    @property
    def wells(self) -> int:
        """How many wells it has; 0 for a unit without wells."""
        return self.unit.rows * self.unit.columns


def tree(actor: Actor) -> tuple[Branch, ...]:
    """Return the units of the actor's sites as a tree, each with how full it is, by name."""
    return _branches(units(actor), None)


def units(actor: Actor) -> list[Storage]:
    """Return the units in use of the actor's sites, by name."""
    table = table_of(Kind.STORAGE)
    rows = db.session.execute(
        select(table)
        .where(tenancy.visible(Kind.STORAGE, actor), table.c.active)
        .order_by(table.c.name, table.c.id)
    ).mappings()
    return [state_of(Kind.STORAGE, row) for row in rows]


def _branches(every: list[Storage], top: str | None) -> tuple[Branch, ...]:
    kept = _kept(each.code for each in every)
    known = {each.code for each in every}
    below: dict[str | None, list[Storage]] = {}
    for unit in every:
        below.setdefault(unit.parent if unit.parent in known else None, []).append(unit)

    def branch(unit: Storage) -> Branch:
        inside = tuple(branch(each) for each in below.get(unit.code, ()))
        return Branch(
            unit,
            kept.get(unit.code, 0) + sum(each.kept for each in inside),
            unit.rows * unit.columns + sum(each.wells for each in inside),
            inside,
        )

    return tuple(branch(each) for each in below.get(top, ()))


def _kept(codes: Iterable[str]) -> dict[str, int]:
    wanted, found = list(codes), {}
    for start in range(0, len(wanted), 500):
        rows = db.session.execute(
            select(SpecimenRow.place, func.count())
            .where(SpecimenRow.place.in_(wanted[start : start + 500]))
            .group_by(SpecimenRow.place)
        )
        found.update({str(place): int(count) for place, count in rows})
    return found


def place_of(actor: Actor, code: str) -> str | None:
    """Return the unit in which a specimen lies; None when it lies in none. Raises NotFound."""
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    return specimen.place


def view(actor: Actor, code: str, well: str | None = None) -> UnitView:
    """Return a unit with what is in it; *well* is where the next tube goes, where one was chosen.

    Raises:
        NotFound: for a unit that the actor may not see.
    """
    unit: Storage = tenancy.load(Kind.STORAGE, code, actor)
    inside = _branches(units(actor), code)
    occupants = _occupants(actor, unit)
    taken = {each.position: each for each in occupants if each.position}
    following = (well or next_position(unit, frozenset(taken))) if unit.rows else None
    grid = tuple(
        tuple(
            Well(position, taken.get(position), position == following)
            for position in (f"{chr(ord('A') + row)}{column + 1}" for column in range(unit.columns))
        )
        for row in range(unit.rows)
    )
    kept = _kept([code]).get(code, 0)
    return UnitView(unit, _path(actor, unit), inside, occupants, grid, following, kept)


def _path(actor: Actor, unit: Storage) -> tuple[Storage, ...]:
    path: list[Storage] = []
    while unit.parent is not None and len(path) < 8:
        unit = tenancy.load(Kind.STORAGE, unit.parent, actor)
        path.insert(0, unit)
    return tuple(path)


def _occupants(actor: Actor, unit: Storage) -> tuple[Occupant, ...]:
    table = table_of(Kind.SPECIMEN)
    mine = case((tenancy.visible_specimens(actor), 1), else_=0)
    rows = db.session.execute(
        select(table, mine.label("mine"))
        .where(table.c.place == unit.code)
        .order_by(table.c.id)
        .limit(LONGEST_LIST)
    ).mappings()
    found, protocols = [], Protocols()
    for row in rows:
        specimen: Specimen | None = state_of(Kind.SPECIMEN, row) if row["mine"] else None
        label = name_of(protocols[specimen], specimen) if specimen else ""
        found.append(Occupant(row["position"], specimen, label))
    order = {position: number for number, position in enumerate(positions(unit))}
    found.sort(key=lambda each: order.get(each.position or "", len(order)))
    return tuple(found)


def under(session: Session, code: str) -> list[str]:
    """Return a unit and every unit in it, outermost first."""
    table = table_of(Kind.STORAGE)
    found = wave = [code]
    while wave:
        rows = session.execute(select(table.c.code).where(table.c.parent.in_(wave)).order_by(table.c.id))
        wave = [row.code for row in rows if row.code not in found]
        found = [*found, *wave]
    return found
