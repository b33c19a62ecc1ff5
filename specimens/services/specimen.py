"""Everything that one specimen's page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import NotFound
from specimens.domain.fold import effective
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import Specimen
from specimens.domain.storage import Storage
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenParent, SpecimenRow
from specimens.services import kit_lots, lineage, tenancy
from specimens.services.clock import now_ms
from specimens.services.duplicate import same_label
from specimens.services.entries import entries_of
from specimens.services.hands import names_of, permit
from specimens.services.kit_lots import Lot
from specimens.services.report_facts import reads_texts
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of
from specimens.services.timeline import Timeline, timeline

_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Relative:
    """A specimen of the same family, as this person may see it: `specimen` is None for one that is out of sight."""

    code: str
    specimen: Specimen | None
    volume_ul: int
    below: tuple["Relative", ...] = ()


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of a specimen at *now* (ms, UTC)."""

    now: int
    lines: tuple[lineage.TubeClock, ...]


@dataclass(frozen=True, slots=True)
class SpecimenView:
    """A specimen with what belongs to it.

    `collected_at` is that of the specimen or, for a derivative, the first of what it was made from (ms, UTC). `places`
    is the path to where it lies, from the outermost unit inwards. `sprec` is None where the protocol plans no
    SPREC code; `sprec_missing` names the elements that could not be computed, because nothing was recorded.
    `same_label` are the tubes that once bore the same label. `lot` is that of its container, without its number for
    whoever reads no texts.
    """

    specimen: Specimen
    participant: Participant
    protocol: Protocol
    custodian: str | None
    collected_at: int | None
    places: tuple[Storage, ...]
    parents: tuple[Relative, ...]
    children: tuple[Relative, ...]
    clocks: Clocks
    sprec: str | None
    sprec_missing: tuple[str, ...]
    timeline: Timeline
    same_label: tuple[Relative, ...] = ()
    lot: Lot | None = None


#: What the elements of a SPREC code are called, for a fluid and for a solid.
_FLUID = ("type", "container", "before_spin", "first_spin", "second_spin", "after_spin", "storage_condition")
_SOLID = (
    "type",
    "collection",
    "warm_ischaemia",
    "cold_ischaemia",
    "fixation",
    "fixation_time",
    "storage_condition",
)


def get(actor: Actor, code: str) -> SpecimenView:
    """Return a specimen whom this person may see, with its family, clocks and timeline.

    Raises:
        NotPermitted: without `specimen:read`.
        NotFound: `unknown_specimen`.
    """
    permit(actor, Permission.SPECIMEN_READ)
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    participant: Participant = tenancy.load(Kind.PARTICIPANT, specimen.participant, actor)
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    known = lineage.ancestors(db.session(), [specimen])
    now = now_ms()
    code_of_treatment = lineage.sprec_of(specimen, known)
    return SpecimenView(
        specimen=specimen,
        participant=participant,
        protocol=protocol,
        custodian=custodian_name(specimen),
        collected_at=specimen.collected_at
        or min((each.collected_at for each in known.values() if each.collected_at), default=None),
        places=places(specimen.place),
        parents=tuple(_parents(actor, specimen, known)),
        children=_children(actor, code, set(), 0),
        clocks=Clocks(now, lineage.clocks(protocol, specimen, known, now, _made(code))),
        sprec=code_of_treatment,
        sprec_missing=missing(protocol, specimen, code_of_treatment),
        timeline=timeline(specimen, now, texts=reads_texts(actor)),
        same_label=tuple(
            Relative(each, _shown(actor, each), 0)
            for each in same_label(effective(entries_of(db.session(), Kind.SPECIMEN, code)))
        ),
        lot=_lot(actor, protocol, specimen),
    )


def _lot(actor: Actor, protocol: Protocol, specimen: Specimen) -> Lot | None:
    lot = kit_lots.of_tube(protocol, specimen)
    return lot if lot is None or reads_texts(actor) else replace(lot, number=None)


def custody_of(actor: Actor, code: str) -> Timeline:
    """Return the timeline of a specimen that this person may see.

    Raises:
        NotPermitted: without `specimen:read`.
        NotFound: `unknown_specimen`.
    """
    permit(actor, Permission.SPECIMEN_READ)
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    return timeline(specimen, now_ms(), texts=reads_texts(actor))


def custodian_name(specimen: Specimen) -> str | None:
    """Return the name of the person or place that holds a specimen; None when nobody does."""
    if specimen.custodian is None:
        return None
    named = names_of([specimen.custodian]).get(specimen.custodian)
    if named is None:
        storage = table_of(Kind.STORAGE)
        named = db.session.execute(
            select(storage.c.name).where(storage.c.code == specimen.custodian)
        ).scalar()
    return named or specimen.custodian


def places(code: str | None) -> tuple[Storage, ...]:
    """Return the path to a storage unit, from the outermost inwards; empty for None."""
    table = table_of(Kind.STORAGE)
    path: list[Storage] = []
    while code is not None and len(path) < _DEEPEST:
        row = db.session.execute(select(table).where(table.c.code == code)).mappings().first()
        if row is None:
            break
        unit: Storage = state_of(Kind.STORAGE, row)
        path.insert(0, unit)
        code = unit.parent
    return tuple(path)


def _shown(actor: Actor, code: str) -> Specimen | None:
    try:
        found: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    except NotFound:
        return None
    return found


def _parents(actor: Actor, specimen: Specimen, known: Mapping[str, Specimen]) -> list[Relative]:
    found = []
    for parent, volume_ul in specimen.parents:
        above = _parents(actor, known[parent], known) if parent in known else []
        found.append(Relative(parent, _shown(actor, parent), volume_ul, tuple(above)))
    return found


def _children(actor: Actor, code: str, seen_before: set[str], depth: int) -> tuple[Relative, ...]:
    if depth > _DEEPEST:
        return ()
    rows = db.session.execute(
        select(SpecimenParent.child, SpecimenParent.volume_ul)
        .where(SpecimenParent.parent == code)
        .order_by(SpecimenParent.id)
    ).all()
    found = []
    for row in rows:
        if row.child not in seen_before:
            seen_before.add(row.child)
            below = _children(actor, row.child, seen_before, depth + 1)
            found.append(Relative(row.child, _shown(actor, row.child), row.volume_ul, below))
    return tuple(found)


def _made(code: str) -> set[str]:
    rows = db.session.execute(
        select(SpecimenRow.derivative)
        .join(SpecimenParent, SpecimenParent.child == SpecimenRow.code)
        .where(SpecimenParent.parent == code)
    )
    return {derivative for (derivative,) in rows if derivative}


def missing(protocol: Protocol, specimen: Specimen, said: str | None) -> tuple[str, ...]:
    """Return the elements of a SPREC code that are unknown because something was not recorded."""
    if said is None:
        return ()
    planned = (
        protocol.slot(specimen.slot)
        if specimen.derivative is None
        else protocol.derivative(specimen.derivative)
    )
    names = _SOLID if planned.sprec and planned.sprec.form == "solid" else _FLUID
    return tuple(name for name, part in zip(names, said.split("-"), strict=False) if part in ("X", "XXX"))
