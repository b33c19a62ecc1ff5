"""Storage units as the administrator keeps them: the tree, renaming, switching off. None is ever removed."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Refused
from specimens.domain.storage import Storage
from specimens.domain.terms import ENDED, Kind, StorageKind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import tenancy
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.site import manage, name_of, unmoved
from specimens.services.study import protocol_of, studies
from specimens.services.switch import switched

_LEVELS = list(StorageKind)


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit in the tree: how deep it stands (0 for the outermost), and how many specimens are in it itself."""

    unit: Storage
    depth: int
    kept: int


def tree(actor: Actor, site: str) -> list[Branch]:
    """Return the units of a site, each followed by what stands in it, by name."""
    manage(actor, site)
    table = table_of(Kind.STORAGE)
    rows = db.session.execute(
        select(table).where(table.c.site == site).order_by(table.c.name, table.c.id)
    ).mappings()
    units: list[Storage] = [state_of(Kind.STORAGE, row) for row in rows]
    kept = _kept([each.code for each in units])
    inside: dict[str | None, list[Storage]] = {}
    for unit in units:
        inside.setdefault(unit.parent, []).append(unit)

    def walk(parent: str | None, depth: int) -> Iterator[Branch]:
        for unit in inside.get(parent, ()):
            yield Branch(unit, depth, kept.get(unit.code, 0))
            yield from walk(unit.code, depth + 1)

    return list(walk(None, 0))


def _kept(codes: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(codes), 500):
        rows = db.session.execute(
            select(SpecimenRow.place, func.count(SpecimenRow.id))
            .where(SpecimenRow.place.in_(codes[start : start + 500]), SpecimenRow.status.not_in(ENDED))
            .group_by(SpecimenRow.place)
        )
        found.update({str(place): int(count) for place, count in rows})
    return found


def unit(actor: Actor, code: str) -> Storage:
    """Return one unit of a site that this administrator manages; raises NotFound."""
    held: Storage = tenancy.load(Kind.STORAGE, code, actor)
    manage(actor, held.site)
    return held


def above(actor: Actor, unit: Storage) -> list[Storage]:
    """Return the units that one stands in, outermost first."""
    path: list[Storage] = []
    while unit.parent is not None and len(path) < len(_LEVELS):
        unit = tenancy.load(Kind.STORAGE, unit.parent, actor)
        path.insert(0, unit)
    return path


def kinds_inside(kind: str | None) -> list[str]:
    """Return which kinds of unit may stand in one of *kind* (None: outermost)."""
    start = 0 if kind is None else _LEVELS.index(StorageKind(kind)) + 1
    return [str(each) for each in _LEVELS[start:]]


def temperatures() -> dict[str, dict[str, str]]:
    """Return the storage temperatures of all studies: code → words by language."""
    found: dict[str, dict[str, str]] = {}
    for study in studies():
        for each in protocol_of(study.code).storage_temperatures:
            found.setdefault(each.code, {"en": each.text.en, "nl": each.text.nl})
    return found


def change(
    actor: Actor, code: str, name: str, fill: str, *, seen: int | None = None, key: str | None = None
) -> Storage:
    """Change a unit's name and the order in which its wells are offered.

    Raises:
        BadInput: fields `name`, `fill`.
        Refused: `unchanged`.
        Conflict: `somebody_was_first`.
    """
    unit(actor, code)
    facts = {"name": name_of(name), "fill": fill}
    if fill not in ("row", "column"):
        raise BadInput("form_incomplete", {"fill": "fill_unknown"})

    def work(operation: Operation) -> dict[str, str]:
        now: Storage = operation.load(Kind.STORAGE, code)
        unmoved(operation, Kind.STORAGE, code, seen)
        if (now.name, now.fill) == (facts["name"], fill):
            raise Refused("unchanged")
        operation.append(Kind.STORAGE, code, "storage_changed", facts=facts, site=now.site)
        return {"unit": code}

    perform(actor, key, {"act": "storage_changed", "code": code, **facts}, work)
    return unit(actor, code)


def switch(actor: Actor, code: str, *, active: bool, reason: str, key: str | None = None) -> Storage:
    """Switch a unit off or on; one that holds anything stays on.

    Raises:
        Refused: `reason_needed`, `unchanged`, `store_in_use`, `store_has_units`, `parent_off`.
    """
    held = unit(actor, code)

    def ask(operation: Operation, now: Storage) -> None:
        if not active:
            _must_be_empty(operation, code)
        elif now.parent and not operation.load(Kind.STORAGE, now.parent).active:
            raise Refused("parent_off")

    switched(actor, Kind.STORAGE, code, ask, site=held.site, active=active, reason=reason, key=key)
    return unit(actor, code)


def _must_be_empty(operation: Operation, code: str) -> None:
    table = table_of(Kind.STORAGE)
    units = operation.session.execute(
        select(func.count(table.c.id)).where(table.c.parent == code, table.c.active)
    ).scalar_one()
    if units:
        raise Refused("store_has_units", count=units)
    kept = operation.session.execute(
        select(func.count(SpecimenRow.id)).where(SpecimenRow.place == code, SpecimenRow.status.not_in(ENDED))
    ).scalar_one()
    if kept:
        raise Refused("store_in_use", count=kept)
