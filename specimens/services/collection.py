"""Collection: tube after tube, as it is filled."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from specimens.domain import custody
from specimens.domain.access import Actor, Permission
from specimens.domain.custody import FUTURE_TOLERANCE_MS, Refusal
from specimens.domain.entry import read_entry
from specimens.domain.errors import BadInput, NotPermitted
from specimens.domain.identifiers import COMMANDS, ScanText
from specimens.domain.kit import Kit
from specimens.domain.moments import LATE_ENTRY_MS
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import MOST_TO_MEDIUM, TO_MEDIUM, Specimen
from specimens.domain.terms import Clock, Flag, Kind, Mode, Status
from specimens.domain.visit import Visit
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenRow
from specimens.models.statement import Statement
from specimens.services import consent, kit_identity, kit_lots, tenancy
from specimens.services.clock import local
from specimens.services.collection_facts import facts_of, flags_of, holds_medium, medium_over
from specimens.services.kit_act import is_open
from specimens.services.record import Operation
from specimens.services.row import table_of
from specimens.services.scan import CHECK, OK, ScanOutcome, Stop, scanned, stoppable
from specimens.services.study import protocol_of

_MS_PER_MINUTE = 60_000

_SPECIMEN = table_of(Kind.SPECIMEN)
_PLANNED = Statement(
    select(_SPECIMEN.c.code, _SPECIMEN.c.slot)
    .where(
        _SPECIMEN.c.kit == bindparam("of_kit"),
        _SPECIMEN.c.level == 0,
        _SPECIMEN.c.status == str(Status.PLANNED),
    )
    .order_by(_SPECIMEN.c.id)
    .limit(2)
)


def collect(
    actor: Actor,
    kit_code: str,
    raw: str,
    key: str | None,
    *,
    happened_at: int | None = None,
    container: str | None = None,
    reason: str | None = None,
    late_reason: str | None = None,
    minutes_to_medium: int | None = None,
    mode: str = Mode.SCAN,
) -> ScanOutcome:
    """Record that a tube was filled, by scanning it at the station where its kit is open.

    *happened_at* (ms, UTC) is a typed time; more than 30 minutes ago it needs a *late_reason*, once per session.
    *container* is the one used when it is another than planned; that needs a *reason*. Both are codes of the protocol.
    A container that holds a medium is scanned when its piece lies in it: *minutes_to_medium* is how long that took, and
    without a typed time the piece was taken that much earlier.

    Returns:
        The outcome. A refused scan is kept as a near miss; one that only lacks a reason says so in `ask`
        (`late_entry`, `container`) and leaves nothing behind.
    """
    if not actor.may(Permission.COLLECT):
        raise NotPermitted("not_permitted")
    if minutes_to_medium is not None and not 0 <= minutes_to_medium <= MOST_TO_MEDIUM:
        raise BadInput("form_incomplete", {TO_MEDIUM: "number_out_of_range"})

    def act(operation: Operation, text: ScanText) -> ScanOutcome:
        kit, visit, participant, protocol, in_force = _context(operation, actor, kit_code, text.code)
        _must_collect(operation, actor, kit, participant, protocol, in_force, text)
        specimen = _own_tube(operation, actor, kit, text.code)
        if specimen.label_retired:
            raise Stop(Refusal("label_not_scanned_back", {"code": specimen.code}))
        other = container if container and container != specimen.container else None
        if minutes_to_medium is not None and not holds_medium(protocol, other or specimen.container):
            return _asks("no_medium", text, specimen, None)
        minutes = minutes_to_medium or 0
        when = operation.happening - minutes * _MS_PER_MINUTE if happened_at is None else happened_at
        _must_be_after_opening(actor, kit, specimen, when)
        if problem := consent.problem_at(operation.session, participant, protocol, when, actor.zone):
            raise Stop(Refusal(problem, {"code": specimen.code}))
        why = reason if _offers(protocol, "container", reason) else None
        late = late_reason if _offers(protocol, "late_entry", late_reason) else None
        refusal = custody.may("collected", specimen, actor, operation.now, happened_at=when, reason=why)
        if refusal:
            raise Stop(refusal)
        if refusal := kit_identity.by_another(
            operation, kit, actor
        ):  # a wrong tube is told to be wrong first
            raise Stop(refusal, verdict=CHECK)
        if other and other not in {each.code for each in protocol.containers}:
            raise Stop(Refusal("unknown_container", {"code": specimen.code}))
        if minutes:
            _must_lie_in_it(operation, specimen, when, minutes)
        if actor.waited and happened_at is None:
            late = None  # the entry says itself that it waited on a device
        elif operation.now - when > LATE_ENTRY_MS and not late:
            late = _late_reason_of_session(operation, kit)
            if late is None:
                return _asks("late_entry_reason", text, specimen, "late_entry")
        else:
            late = late if operation.now - when > LATE_ENTRY_MS else None
        if other and not why:
            return _asks("other_container_reason", text, specimen, "container")
        flags = flags_of(protocol, participant, visit, kit, when, actor.zone)
        if other:
            flags.append(Flag.OTHER_CONTAINER)
        if other and other in kit_lots.expired(operation.session, kit.code):
            flags.append(Flag.EXPIRED_LOT)
        planned = _planned(operation, kit)
        before = _skipped(planned, specimen)
        facts = facts_of(protocol, visit, kit, specimen, actor, container=other, to_medium=minutes_to_medium)
        facts |= {"add_flags": sorted(flags)}
        if other:
            facts |= {"container": other}
            if Flag.EXPIRED_LOT in specimen.flags and Flag.EXPIRED_LOT not in flags:
                facts |= {"remove_flags": [Flag.EXPIRED_LOT]}  # it was said of the planned one
        facts |= {"late_reason": late} if late else {}
        done: Specimen = operation.append(
            Kind.SPECIMEN,
            specimen.code,
            "collected",
            facts=facts,
            reason=why if other else late,
            happened_at=when if minutes else happened_at,
            happened_by=Clock.PERSON,
            performed_by=kit.performed_by,
        )
        return _collected(protocol, text, done, flags, before, _next(planned, specimen))

    asked = {
        "act": "collect", "happened_at": happened_at, "container": container, "reason": reason,
        "late_reason": late_reason,
        **({TO_MEDIUM: minutes_to_medium} if minutes_to_medium is not None else {}),
    }  # fmt: skip
    work = stoppable(act, raw, kit_code)
    return scanned(actor, raw, work, key=key, what=asked, subject=kit_code, mode=mode)


def _offers(protocol: Protocol, use: str, code: str | None) -> bool:
    return code is not None and code in {each.code for each in protocol.reasons_for(use)}


def _must_lie_in_it(operation: Operation, specimen: Specimen, when: int, minutes: int) -> None:
    """Stop a piece that would reach its medium in the future."""
    if when + minutes * _MS_PER_MINUTE > operation.now + FUTURE_TOLERANCE_MS:
        raise Stop(Refusal("time_in_future", {"code": specimen.code}))


def _asks(code: str, text: ScanText, specimen: Specimen, ask: str | None) -> ScanOutcome:
    """Nothing was written yet: the page asks for a reason, and sends the same tube again with it."""
    facts = {"code": specimen.code, "minutes": LATE_ENTRY_MS // _MS_PER_MINUTE}
    return ScanOutcome(CHECK, code, facts, text.code, specimen, specimen.code, ask)


def _collected(
    protocol: Protocol,
    text: ScanText,
    done: Specimen,
    flags: list[Flag],
    skipped: str | None,
    following: str | None,
) -> ScanOutcome:
    facts: dict[str, Any] = {"code": done.code, "slot": _label(protocol, done)}
    warnings = [f"flag_{flag}" for flag in flags]
    if skipped:
        facts["skipped"] = protocol.slot(skipped).label
        warnings.insert(0, "out_of_order")
    if over := medium_over(protocol, done):
        facts["over"] = over
        warnings.append("medium_late")
    if warnings:
        facts |= {"saved": True, "warnings": warnings}
        return ScanOutcome(CHECK, "collected_check", facts, text.code, done, following)
    return ScanOutcome(OK, "collected_ok", facts, text.code, done, following)


def _label(protocol: Protocol, specimen: Specimen) -> str:
    """Return what the tube is called on its label: `NA-HEPARIN 3/4`."""
    slot = protocol.slot(specimen.slot)
    return f"{slot.label} {specimen.number}/{slot.count}" if slot.count > 1 else slot.label


def not_collected(
    actor: Actor,
    kit_code: str,
    raw: str,
    key: str | None,
    *,
    reason: str | None = None,
    mode: str = Mode.SCAN,
) -> ScanOutcome:
    """Record that a planned tube was not taken, with a reason that the protocol offers for the procedure.

    Returns:
        The outcome; without a reason it asks for one (`ask`: `not_collected`) and leaves nothing behind.
    """
    if not actor.may(Permission.COLLECT):
        raise NotPermitted("not_permitted")

    def act(operation: Operation, text: ScanText) -> ScanOutcome:
        kit, _visit, _participant, protocol, _in_force = _context(operation, actor, kit_code, text.code)
        _must_be_here(actor, kit, text)
        specimen = _own_tube(operation, actor, kit, text.code)
        _must_be_after_opening(actor, kit, specimen, operation.happening)
        if refusal := custody.may("not_collected", specimen, actor, operation.now, reason=reason or "asked"):
            raise Stop(refusal)
        if reason not in {each.code for each in protocol.not_collected_reasons_for(kit.procedure)}:
            return _asks("not_collected_reason", text, specimen, "not_collected")
        following = _next(_planned(operation, kit), specimen)
        operation.append(Kind.SPECIMEN, specimen.code, "not_collected", reason=reason)
        facts = {"code": specimen.code, "slot": _label(protocol, specimen)}
        return ScanOutcome(OK, "not_collected_ok", facts, text.code, specimen, following)

    asked = {"act": "not_collected", "reason": reason}
    work = stoppable(act, raw, kit_code)
    return scanned(actor, raw, work, key=key, what=asked, subject=kit_code, mode=mode)


def confirm_label(actor: Actor, raw: str, key: str | None, *, mode: str = Mode.SCAN) -> ScanOutcome:
    """Scan a printed label back: it counts from now on."""
    if not actor.may(Permission.LABEL_PRINT):
        raise NotPermitted("not_permitted")

    def act(operation: Operation, text: ScanText) -> ScanOutcome:
        specimen: Specimen = operation.load(Kind.SPECIMEN, text.code)
        tenancy.must_see(Kind.SPECIMEN, specimen, actor)
        if refusal := custody.may("label_confirmed", specimen, actor, operation.now):
            raise Stop(refusal)
        if specimen.label_generation == 0:
            raise Stop(Refusal("label_not_printed", {"code": specimen.code}))
        if specimen.label_live:
            raise Stop(Refusal("already", {"code": specimen.code}))
        operation.append(Kind.SPECIMEN, specimen.code, "label_confirmed")
        return ScanOutcome(OK, "label_live", {"code": specimen.code}, text.code, specimen)

    what = {"act": "label_confirmed"}
    return scanned(actor, raw, stoppable(act, raw, None), key=key, what=what, mode=mode)


def _context(
    operation: Operation, actor: Actor, kit_code: str, code: str
) -> tuple[Kit, Visit, Participant, Protocol, Protocol]:
    """Return the kit and whose it is, the protocol that its visit was planned under, and the one in force.

    The tube that was scanned is asked for in the same journey.
    """
    kit: Kit = operation.load(Kind.KIT, kit_code)
    tenancy.must_see(Kind.KIT, kit, actor)
    if not tenancy.own_site(actor, kit.site):
        raise NotPermitted("not_permitted")
    operation.take(
        [(Kind.VISIT, kit.visit), (Kind.PARTICIPANT, kit.participant), (Kind.SPECIMEN, code)],
        (_PLANNED, {"of_kit": kit.code}),
    )
    visit: Visit = operation.load(Kind.VISIT, kit.visit)
    participant: Participant = operation.load(Kind.PARTICIPANT, kit.participant)
    protocol = in_force = protocol_of(kit.study)
    if visit.protocol_version != in_force.study.version:
        protocol = protocol_of(kit.study, visit.protocol_version)
    return kit, visit, participant, protocol, in_force


def _must_be_here(actor: Actor, kit: Kit, text: ScanText) -> None:
    """Stop unless the kit is open at this station: the closed loop."""
    if text.code in COMMANDS:
        raise Stop(Refusal("command_elsewhere", {"command": COMMANDS[text.code]}), verdict=CHECK)
    if not is_open(kit) or kit.opened_at_station != actor.station:
        raise Stop(Refusal("kit_not_open", {"kit": kit.code}))


def _must_collect(
    operation: Operation,
    actor: Actor,
    kit: Kit,
    participant: Participant,
    protocol: Protocol,
    in_force: Protocol,
    text: ScanText,
) -> None:
    """Stop unless the kit is open here, identity is attested, consent is valid and the yield is known."""
    _must_be_here(actor, kit, text)
    if kit.identity_attested_at is None:
        raise Stop(Refusal("identity_first", {"kit": kit.code}), verdict=CHECK)
    on = local(operation.now, actor.zone).date()
    if problem := consent.problem(participant, in_force, on):
        raise Stop(Refusal(problem, {"kit": kit.code}))
    if protocol.procedure(kit.procedure).kind == "tissue" and kit.pieces is None:
        raise Stop(Refusal("yield_first", {"kit": kit.code}), verdict=CHECK)


def _own_tube(operation: Operation, actor: Actor, kit: Kit, code: str) -> Specimen:
    """Return the tube, or stop: a tube of another participant, visit or kit is never taken at this one."""
    specimen: Specimen = operation.load(Kind.SPECIMEN, code)
    tenancy.must_see(Kind.SPECIMEN, specimen, actor)
    if specimen.participant != kit.participant:
        raise Stop(Refusal("wrong_participant", {"code": code, "expected": kit.participant}))
    if specimen.visit != kit.visit:
        raise Stop(Refusal("wrong_visit", {"code": code, "timepoint": specimen.timepoint}))
    if specimen.kit != kit.code or specimen.level:
        raise Stop(Refusal("wrong_kit", {"code": code, "procedure": specimen.procedure}))
    if specimen.status == Status.VOIDED:
        raise Stop(Refusal("label_retired", {"code": code}))
    return specimen


def _must_be_after_opening(actor: Actor, kit: Kit, specimen: Specimen, when: int) -> None:
    """Stop what waited on a device and would have happened (ms, UTC) before this session of the kit began."""
    if actor.waited and when < (kit.opened_at or 0) - FUTURE_TOLERANCE_MS:
        raise Stop(Refusal("waited_before_opening", {"code": specimen.code}))


def _late_reason_of_session(operation: Operation, kit: Kit) -> str | None:
    """Return why entries are late, where that was already asked since this session was opened."""
    tubes = select(SpecimenRow.code).where(SpecimenRow.kit == kit.code, SpecimenRow.level == 0)
    rows = operation.session.execute(
        select(LedgerEntry.body)
        .where(
            LedgerEntry.subject_kind == str(Kind.SPECIMEN),
            LedgerEntry.subject_code.in_(tubes),
            LedgerEntry.act == "collected",
            LedgerEntry.recorded_at >= (kit.opened_at or 0),
            LedgerEntry.recorded_at - LedgerEntry.happened_at > LATE_ENTRY_MS,
        )
        .order_by(LedgerEntry.id)
    ).scalars()
    facts: list[Mapping[str, Any]] = [read_entry(body).facts for body in rows]
    return next((each["late_reason"] for each in facts if each.get("late_reason")), None)


def _planned(operation: Operation, kit: Kit) -> Sequence[Mapping[str, str]]:
    """Return code and slot of the first two tubes of the plan that are still to be taken."""
    return operation.all(_PLANNED, of_kit=kit.code)


def _skipped(planned: Sequence[Mapping[str, str]], specimen: Specimen) -> str | None:
    """Return the slot of an earlier tube of the plan that is still to be taken: the order of draw is advice."""
    if not planned or planned[0]["slot"] == specimen.slot or Flag.EXTRA in specimen.flags:
        return None
    return planned[0]["slot"]


def _next(planned: Sequence[Mapping[str, str]], specimen: Specimen) -> str | None:
    """Return the tube that the plan expects after this one, or None when nothing else is outstanding."""
    return next((each["code"] for each in planned if each["code"] != specimen.code), None)
