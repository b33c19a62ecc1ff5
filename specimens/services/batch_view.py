"""What the laboratory reads before it works: what waits, what is in a batch, which clocks run, what is to be made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from specimens.domain.access import Actor
from specimens.domain.batch import Batch
from specimens.domain.custody import PARENT_STATES
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_plan import Derivative
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Kind, Status
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenRow
from specimens.models.transfer import BatchRow
from specimens.services import tenancy
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.hands import listed, names_of
from specimens.services.lineage import TubeClock, ancestors, clocks, urgency
from specimens.services.processing import get
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of


@dataclass(frozen=True, slots=True)
class Tube:
    """A tube as the bench sees it: its clocks, the most urgent of them, and what it is to become."""

    specimen: Specimen
    label: str
    clocks: tuple[TubeClock, ...]
    urgent: TubeClock | None
    minutes_left: int | None
    to_store: bool

    @property
    def late(self) -> bool:
        """Say whether the most urgent limit is broken."""
        return self.minutes_left is not None and self.minutes_left < 0


@dataclass(frozen=True, slots=True)
class Making:
    """A derivative that the plan expects of tubes in the batch: from which, how many, how many there are."""

    derivative: Derivative
    parents: tuple[Specimen, ...]
    planned: int
    made: int
    scope_missing: bool

    @property
    def left(self) -> int:
        """How many the plan still asks for."""
        return max(0, self.planned - self.made)


@dataclass(frozen=True, slots=True)
class Pooling:
    """Tubes of one draw that the plan pours together."""

    label: str
    kit: str | None
    tubes: tuple[Specimen, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """A batch with its tubes, what can be made of them now, what can be poured together, and who did the steps."""

    batch: Batch
    tubes: tuple[Tube, ...]
    makings: tuple[Making, ...]
    poolings: tuple[Pooling, ...]
    names: Mapping[str, str]
    now: int

    @property
    def unlabelled(self) -> int:
        """How many tubes that were made here have no confirmed label yet."""
        made = [
            each.specimen for each in self.tubes if each.specimen.level and each.specimen.status not in ENDED
        ]
        return sum(not each.label_live for each in made)


def name_of(protocol: Protocol, specimen: Specimen) -> str:
    """Return what stands on the label of a specimen besides its identifier: `SERUM 2`, `NA-HEPARIN pool`."""
    if specimen.derivative:
        return f"{protocol.derivative(specimen.derivative).label} {specimen.number}"
    label = str(protocol.slot(specimen.slot).label)
    if specimen.level:
        return f"{label} pool"
    return f"{label} {specimen.number}" if protocol.slot(specimen.slot).count > 1 else label


class Protocols:
    """The protocol versions that specimens were planned under, each read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], Protocol] = {}

    def __getitem__(self, specimen: Specimen) -> Protocol:
        version = (specimen.study, specimen.protocol_version)
        if version not in self._read:
            self._read[version] = protocol_of(*version)
        return self._read[version]


def _tubes(specimens: Iterable[Specimen], made: Mapping[str, set[str]], now: int) -> list[Tube]:
    every = list(specimens)
    known = ancestors(db.session(), every)
    tubes, protocols = [], Protocols()
    for each in every:
        protocol = protocols[each]
        held = clocks(protocol, each, known, now, made.get(each.code, ()))
        urgent = urgency(held)
        left = urgent.minutes_left(now) if urgent and not urgent.clock.stopped else None
        kept = (
            protocol.derivative(each.derivative).storage
            if each.derivative
            else protocol.slot(each.slot).storage
        )
        tubes.append(Tube(each, name_of(protocol, each), held, urgent, left, kept is not None))
    return tubes


def _made(codes: list[str]) -> dict[str, set[str]]:
    """Return for each parent what was already made of it, or is known not to come of it."""
    made: dict[str, set[str]] = {}
    acts = ("volume_used", "yielded_nothing")
    for start in range(0, len(codes), 500):
        some = codes[start : start + 500]
        rows = db.session.execute(
            select(LedgerEntry.subject_code)
            .where(
                LedgerEntry.subject_kind == str(Kind.SPECIMEN),
                LedgerEntry.subject_code.in_(some),
                LedgerEntry.act.in_(acts),
            )
            .distinct()
        ).scalars()
        for code in rows:
            for entry in entries_of(db.session(), Kind.SPECIMEN, code):
                if entry.act in acts and (of := entry.facts.get("planned_derivative")):
                    made.setdefault(code, set()).add(of)
    return made


def work(actor: Actor, code: str) -> Work:
    """Return a batch as the bench works on it; raises NotFound."""
    view = get(actor, code)
    now = now_ms()
    done = _made([each.code for each in view.specimens])
    poolings = _poolings(view.specimens)
    to_pour = {each.code for pooling in poolings for each in pooling.tubes}
    parents = [each for each in view.specimens if each.status in PARENT_STATES and each.derivative is None]
    names = names_of(step.get("by") for step in view.batch.steps)
    makings = _makings([each for each in parents if each.code not in to_pour])
    return Work(
        view.batch, tuple(_tubes(view.specimens, done, now)), tuple(makings), tuple(poolings), names, now
    )


def _poolings(specimens: Iterable[Specimen]) -> list[Pooling]:
    draws: dict[tuple[str | None, str, int], list[Specimen]] = {}
    protocols = Protocols()
    for each in specimens:
        if each.level == 0 and each.status in PARENT_STATES and protocols[each].slot(each.slot).pooled:
            draws.setdefault((each.kit, each.slot, each.attempt), []).append(each)
    return [
        Pooling(str(protocols[tubes[0]].slot(slot).label), kit, tuple(tubes))
        for (kit, slot, _), tubes in draws.items()
    ]


def _makings(parents: list[Specimen]) -> list[Making]:
    groups: dict[tuple[str, str], list[Specimen]] = {}
    planned: dict[str, Derivative] = {}
    protocols = Protocols()
    for parent in parents:
        for derivative in protocols[parent].derivatives_of(parent.slot, parent.timepoint):
            planned[derivative.code] = derivative
            groups.setdefault((derivative.code, parent.protocol_version), []).append(parent)
    makings = []
    for (code, _), tubes in groups.items():
        slots = {(each.visit, each.kit, each.attempt) for each in tubes}
        without = [each for each in tubes if (scope := planned[code].scope) and scope not in _scopes(each)]
        makings.append(
            Making(
                planned[code],
                tuple(tubes),
                planned[code].count * len(slots),
                _count(tubes, code),
                len(without) == len(tubes),
            )
        )
    return makings


def _scopes(specimen: Specimen) -> tuple[str, ...]:
    table = table_of(Kind.PARTICIPANT)
    row = db.session.execute(select(table).where(table.c.code == specimen.participant)).mappings().one()
    who: Participant = state_of(Kind.PARTICIPANT, row)
    return who.consent_scopes


def _count(parents: list[Specimen], derivative: str) -> int:
    kits = sorted({each.kit for each in parents if each.kit})
    statement = select(func.count()).where(
        SpecimenRow.kit.in_(kits),
        SpecimenRow.derivative == derivative,
        SpecimenRow.status != str(Status.VOIDED),
    )
    return int(db.session.execute(statement).scalar_one())


def waiting(actor: Actor, limit: int = 200) -> tuple[Tube, ...]:
    """Return received tubes that are in no open batch, the most urgent first."""
    open_batch = select(BatchRow.code).where(BatchRow.closed_at.is_(None))
    mine = [] if actor.sites is None else [SpecimenRow.held_site.in_(actor.sites)]
    found = listed(
        SpecimenRow.status == str(Status.RECEIVED),
        tenancy.visible_specimens(actor),
        or_(SpecimenRow.batch.is_(None), SpecimenRow.batch.not_in(open_batch)),
        *mine,
        limit=limit,
    )
    never = 1 << 62
    tubes = _tubes(found, {}, now_ms())
    tubes.sort(key=lambda each: never if each.minutes_left is None else each.minutes_left)
    return tuple(tubes)
