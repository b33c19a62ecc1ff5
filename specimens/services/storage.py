"""Putting away by scanning: freezer → rack → box → well, one occupant per well; and taking out again."""

from typing import Any

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.clocks import clocks_of
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.identifiers import ScanText
from specimens.domain.protocol_base import Event
from specimens.domain.specimen import Specimen
from specimens.domain.storage import (
    ON_THE_WAY,
    OTHER_TEMPERATURE,
    Storage,
    is_position,
    next_position,
    planned_temperatures,
)
from specimens.domain.terms import Kind, Mode, Status
from specimens.models.identifier import Identifier
from specimens.models.specimen import SpecimenRow
from specimens.services import scan, tenancy
from specimens.services.hands import Stop, ask, check, held_here, here, noted, permit, scanning, seen, tube
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.scan import ScanOutcome, specimen_now
from specimens.services.study import protocol_of
from specimens.services.visit_plan import reason_given


def put(
    actor: Actor,
    unit: str,
    raw: str,
    *,
    well: str | None = None,
    reason: str = "",
    note: str = "",
    key: str | None = None,
    mode: str = Mode.SCAN,
) -> ScanOutcome:
    """Put a tube into a storage unit by scanning it: into *well* of a box, by default the next free one.

    A tube that lies elsewhere is moved. A unit at another temperature than planned asks for a *reason*
    (`OTHER_TEMPERATURE`).

    Raises:
        BadInput: fields `well`, `reason`, `reason_note`.
    """
    permit(actor, Permission.STORE)
    well = well.strip().upper() if well else None
    if reason and reason not in OTHER_TEMPERATURE:
        raise BadInput("form_incomplete", {"reason": "choose_one"})
    said = noted(note)

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        must_be_a_tube(op, text.code)
        op.lock([(Kind.SPECIMEN, text.code), (Kind.STORAGE, unit)])
        specimen, place = tube(op, text.code), _open_unit(op, unit)
        return _put(op, specimen, place, well, reason, said)

    what = {"act": "put", "well": well, "reason": reason, "note": said}
    return scanning(actor, raw, act, key=key, what=what, subject=unit, mode=mode)


def must_be_a_tube(op: Operation, code: str) -> None:
    """Raise `Stop` when an identifier names something other than a tube."""
    kind = op.session.execute(select(Identifier.kind).where(Identifier.code == code)).scalar()
    if kind == Kind.STORAGE:
        raise Stop("a_unit_not_a_tube", verdict=scan.CHECK)
    if kind is not None and kind != Kind.SPECIMEN:
        raise Stop("not_a_tube", kind=kind)


def _open_unit(op: Operation, code: str) -> Storage:
    unit: Storage = seen(op, Kind.STORAGE, code)
    if not tenancy.own_site(op.actor, unit.site):
        raise NotPermitted("not_permitted")
    if not unit.active:
        raise Stop("unit_switched_off", unit=unit.name)
    return unit


def _put(
    op: Operation, specimen: Specimen, unit: Storage, well: str | None, reason: str, note: str
) -> ScanOutcome:
    code = specimen.code
    act = "moved" if specimen.status == Status.STORED else "stored"
    if specimen.place == unit.code and well in (None, specimen.position):
        raise Stop(
            "already_stored_here", verdict=scan.ALREADY, unit=unit.name, well=specimen.position or unit.kind
        )
    ask(op, act, specimen, position=unit.code)
    if not held_here(op.actor, specimen):
        raise Stop("not_in_your_hands")
    fits = unit.temperature in _planned(specimen)
    if not fits and not reason:
        raise _asks_why(op.actor, specimen, unit)
    chosen, following, free = _well(op, unit, well)
    facts: dict[str, Any] = {
        "place": unit.code, "position": chosen, "unit_temperature": unit.temperature, **here(op.actor),
        "from_place": specimen.place, "from_position": specimen.position,
    }  # fmt: skip
    given = reason if reason and not fits else None
    if given == ON_THE_WAY:
        facts["on_the_way"] = True
    after: Specimen = op.append(
        Kind.SPECIMEN, code, act, facts=facts, reason=given, sealed={"reason": note if given else ""}
    )
    told = {"code": code, "unit": unit.name, "well": chosen or "–", "free": free, "reason": given}
    if _frozen_unsaid(after):
        told["saved"] = True
        return ScanOutcome(scan.CHECK, "stored_not_frozen", told, code, after, following)
    sentence = ("moved_ok" if act == "moved" else "stored_ok") if chosen else "stored_in_unit"
    return ScanOutcome(scan.OK, sentence, told, code, after, following)


def _planned(specimen: Specimen) -> tuple[str, ...]:
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    return planned_temperatures(protocol, specimen.slot, specimen.derivative)


def _asks_why(actor: Actor, specimen: Specimen, unit: Storage) -> Stop:
    """Return the question that a place other than the planned one raises."""
    planned = _planned(specimen)
    if not planned:
        return Stop("storage_not_planned", verdict=scan.CHECK, ask="reason")
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    words = protocol.storage_temperature(planned[0]).text.said(actor.language)
    return Stop("other_temperature", verdict=scan.CHECK, ask="reason", unit=unit.name, planned=words)


def _frozen_unsaid(specimen: Specimen) -> bool:
    """Say whether a clock of the specimen ends when it is frozen, and nobody recorded that."""
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    if Event.FROZEN in specimen.moments:
        return False
    rules = clocks_of(protocol, specimen.slot, specimen.derivative)
    return any(Event.FROZEN in (rule.to_event, rule.from_event) for rule in rules)


def _well(op: Operation, unit: Storage, well: str | None) -> tuple[str | None, str | None, int | None]:
    """Return the well to use, the next after it, and how many are free then; all None for a unit without wells."""
    if not unit.rows:
        if well:
            raise Stop("no_such_well", unit=unit.name, well=well)
        return None, None, None
    taken = frozenset(
        str(position)
        for position in op.session.execute(
            select(SpecimenRow.position).where(
                SpecimenRow.place == unit.code, SpecimenRow.position.is_not(None)
            )
        ).scalars()
    )
    chosen = well or next_position(unit, taken)
    if chosen is None:
        raise Stop("box_full", unit=unit.name)
    if not is_position(unit, chosen):
        raise Stop("no_such_well", unit=unit.name, well=chosen)
    if chosen in taken:
        raise Stop("well_occupied", unit=unit.name, well=chosen)
    filled = taken | {chosen}
    return chosen, next_position(unit, filled), unit.rows * unit.columns - len(filled)


# ---------------------------------------------------------------------------------------------- taking out


def retrieve(
    actor: Actor, raw: str, *, reason: str, note: str = "", key: str | None = None, mode: str = Mode.SCAN
) -> ScanOutcome:
    """Take a stored tube out by scanning it, with a reason (code) that the protocol offers.

    Raises:
        BadInput: fields `reason`, `reason_note`.
    """
    permit(actor, Permission.STORE)
    said, why = why_taken(actor, reason, note)

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        must_be_a_tube(op, text.code)
        specimen = tube(op, text.code)
        ask(op, "retrieved", specimen, reason=why)
        if not held_here(actor, specimen):
            raise Stop("not_in_your_hands")
        after = take_out(op, specimen, why, said)
        told: dict[str, Any] = {
            "code": text.code,
            "well": specimen.position or "–",
            "unit": _name(op, specimen),
        }
        if specimen.holds:
            told |= {"saved": True, "hold": specimen.holds[0]}
            return ScanOutcome(scan.CHECK, "retrieved_on_hold", told, text.code, after)
        return ScanOutcome(scan.OK, "retrieved_ok", told, text.code, after)

    what = {"act": "retrieve", "reason": why, "note": said}
    return scanning(actor, raw, act, key=key, what=what, mode=mode)


def why_taken(actor: Actor, reason: str, note: str) -> tuple[str, str]:
    """Return (note, reason) as they are kept; raises BadInput, fields `reason`, `reason_note`."""
    said = noted(note)
    why = reason_given(protocol_of(actor.study), "retrieve", reason, said)
    if why is None:
        raise BadInput("form_incomplete", {"reason": "reason_needed"})
    return said, why


def _name(op: Operation, specimen: Specimen) -> str:
    unit: Storage = op.load(Kind.STORAGE, str(specimen.place))
    return unit.name


def take_out(op: Operation, specimen: Specimen, reason: str, note: str = "", **more: Any) -> Specimen:
    """Append that a tube was taken out of its place; *more* are facts of the list that asked for it."""
    facts = {**here(op.actor), "from_place": specimen.place, "from_position": specimen.position, **more}
    after: Specimen = op.append(
        Kind.SPECIMEN, specimen.code, "retrieved", facts=facts, reason=reason, sealed={"reason": note}
    )
    return after


def retrieve_one(actor: Actor, code: str, *, reason: str, note: str = "", key: str | None = None) -> Specimen:
    """Take one stored tube out from its own page.

    Raises:
        BadInput: fields `reason`, `reason_note`; Refused: what the table of acts says; NotFound.
    """
    permit(actor, Permission.STORE)
    said, why = why_taken(actor, reason, note)

    def work(op: Operation) -> str:
        specimen = tube(op, code)
        check(op, "retrieved", specimen, reason=why)
        if not held_here(actor, specimen):
            raise Refused("not_in_your_hands", code=code)
        take_out(op, specimen, why, said)
        return code

    asked = {"act": "retrieve_one", "code": code, "reason": why, "note": said}
    return specimen_now(perform(actor, key, asked, work))
