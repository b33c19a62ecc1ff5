"""What a visit plans: a kit per procedure and attempt, a specimen per container, and what is added beyond it."""

from collections.abc import Mapping

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.free_text import LONGEST_NOTE
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_kit import Filled, fill
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Flag, Kind, Mode, Status
from specimens.domain.visit import Visit
from specimens.models.specimen import SpecimenRow
from specimens.models.visit import KitRow
from specimens.services import consent, kit_lots, tenancy
from specimens.services import participant as people
from specimens.services.clock import local
from specimens.services.pool import bound
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.study import protocol_of, zone_of


def reason_given(protocol: Protocol, use: str, reason: str | None, note: str = "") -> str | None:
    """Return a reason that the protocol offers for *use*, or `other` when it is explained in a note; else None.

    Raises:
        BadInput: field `reason` for a code that is not offered, or `other` without a note.
    """
    if not reason:
        return None
    offered = {each.code for each in protocol.reasons_for(use)}
    if reason in offered or (reason == "other" and note.strip()):
        return reason
    raise BadInput("form_incomplete", {"reason": "note_needed" if reason == "other" else "choose_one"})


def plan_kit(
    operation: Operation,
    protocol: Protocol,
    participant: Participant,
    visit: Visit,
    procedure: str,
    *,
    attempt: int = 1,
    reason: str | None = None,
    note: str = "",
    labels: Mapping[str, tuple[str, str]] | None = None,
) -> Kit:
    """Plan one kit: its entry, and a specimen for every container of the plan.

    *labels* gives tubes (`label_key`) an identifier of a pre-printed pool, and names the pool: the label is on the
    tube and was scanned there, so it counts from the beginning.
    """
    where = {"study": participant.study, "site": participant.site, "protocol": protocol.study.version}
    kit: Kit = operation.create(
        Kind.KIT,
        "kit_planned",
        facts={
            "participant": participant.code,
            "visit": visit.code,
            "procedure": procedure,
            "attempt": attempt,
        },
        reason=reason,
        sealed={"reason": note},
        **where,
    )
    for planned in taken_of(protocol, participant, visit.timepoint, procedure):
        taken, pool = (labels or {}).get(label_key(planned.slot.code, planned.number), (None, ""))
        specimen: Specimen = operation.create(
            Kind.SPECIMEN,
            "planned",
            code=taken,
            facts={
                "participant": participant.code,
                "visit": visit.code,
                "kit": kit.code,
                "timepoint": visit.timepoint,
                "procedure": procedure,
                "slot": planned.slot.code,
                "attempt": attempt,
                "protocol_version": protocol.study.version,
                "specimen_type": planned.slot.specimen_type,
                "container": planned.slot.container,
                "number": planned.number,
                "add_flags": [Flag.REPEAT] if attempt > 1 else [],
            },
            **where,
        )
        if taken:
            _labelled(operation, specimen.code, pool)
    return kit


def taken_of(
    protocol: Protocol, participant: Participant, timepoint: str, procedure: str
) -> tuple[Filled, ...]:
    """Return the containers of a procedure, without those to which the participant did not agree."""
    return tuple(
        each
        for each in fill(protocol, timepoint, procedure)
        if not each.slot.scope or each.slot.scope in participant.consent_scopes
    )


def _labelled(operation: Operation, code: str, pool: str) -> None:
    """Write that the label of a pool is on the tube: it was printed, and scanned there."""
    operation.append(Kind.SPECIMEN, code, "label_printed", facts={"generation": 1, "pool": pool})
    operation.append(Kind.SPECIMEN, code, "label_confirmed", mode=Mode.SCAN)


def label_key(slot: str, number: int) -> str:
    """Return how a form names the label of a planned tube."""
    return f"label_{slot}_{number}"


def _visit_of(operation: Operation, actor: Actor, code: str) -> tuple[Visit, Participant, Protocol]:
    """Load a visit of one's own site, its participant and its protocol, with a consent that is valid today."""
    visit: Visit = operation.load(Kind.VISIT, code)
    tenancy.must_see(Kind.VISIT, visit, actor)
    if not tenancy.own_site(actor, visit.site):
        raise NotPermitted("not_permitted")
    participant: Participant = operation.load(Kind.PARTICIPANT, visit.participant)
    protocol = protocol_of(visit.study, visit.protocol_version)
    on = local(operation.now, zone_of(visit.site)).date()
    if problem := consent.problem(participant, protocol_of(visit.study), on):
        raise Refused(problem)
    return visit, participant, protocol


def second_attempt(
    actor: Actor,
    visit_code: str,
    procedure: str,
    *,
    reason: str,
    note: str = "",
    labels: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Kit:
    """Open another attempt at a procedure of a visit: its slots again, as a kit of their own.

    *labels* are scans of pre-printed labels, by tube (`label_key`); of the kit every tube takes one, or none does.

    Raises:
        Refused: `reason_needed`; `attempt_running` while tubes of the last attempt are still to be taken.
        BadInput: the field of each tube without a label, or whose label cannot be taken.
    """
    if not actor.may(Permission.VISIT_WRITE):
        raise NotPermitted("not_permitted")
    if not reason:
        raise Refused("reason_needed")
    said = people.texts(longest=LONGEST_NOTE, note=note)["note"]

    def work(operation: Operation) -> str:
        visit, participant, protocol = _visit_of(operation, actor, visit_code)
        why = reason_given(protocol, "repeat", reason, said)
        last = operation.session.execute(
            select(KitRow.code, KitRow.attempt)
            .where(KitRow.visit == visit_code, KitRow.procedure == procedure)
            .order_by(KitRow.attempt.desc())
        ).first()
        if last is None:
            raise BadInput("form_incomplete", {"procedures": "choose_one"})
        running = operation.session.execute(
            select(SpecimenRow.id)
            .where(SpecimenRow.kit == last.code, SpecimenRow.status == str(Status.PLANNED))
            .limit(1)
        ).first()
        if running:
            raise Refused("attempt_running", kit=last.code)
        taken = None
        if labels:
            tubes = taken_of(protocol, participant, visit.timepoint, procedure)
            names = [label_key(each.slot.code, each.number) for each in tubes]
            if bare := {name: "pool_label_needed" for name in names if name not in labels}:
                raise BadInput("form_incomplete", bare)
            if not set(labels) <= set(names):
                raise BadInput("form_incomplete", {"procedures": "choose_one"})
            taken = bound(operation.session, visit.study, visit.site, labels)
        kit = plan_kit(
            operation, protocol, participant, visit, procedure,
            attempt=last.attempt + 1, reason=why, note=said, labels=taken,
        )  # fmt: skip
        return kit.code

    asked = {
        "act": "repeat", "visit": visit_code, "procedure": procedure, "reason": reason, "note": said,
        **({"labels": dict(labels)} if labels else {}),
    }  # fmt: skip
    kit: Kit = tenancy.load(Kind.KIT, perform(actor, key, asked, work), actor)
    return kit


def add_procedure(actor: Actor, visit_code: str, procedure: str, *, key: str | None = None) -> Kit:
    """Add an optional procedure of the timepoint to an open visit.

    Raises:
        Refused: `procedure_planned` when the visit has it already.
    """
    if not actor.may(Permission.VISIT_WRITE):
        raise NotPermitted("not_permitted")

    def work(operation: Operation) -> str:
        visit, participant, protocol = _visit_of(operation, actor, visit_code)
        if procedure not in {each.code for each in protocol.procedures_at(visit.timepoint)}:
            raise BadInput("form_incomplete", {"procedures": "choose_one"})
        planned = select(KitRow.code).where(KitRow.visit == visit_code, KitRow.procedure == procedure)
        if operation.session.execute(planned).first():
            raise Refused("procedure_planned")
        return plan_kit(operation, protocol, participant, visit, procedure).code

    asked = {"act": "add_procedure", "visit": visit_code, "procedure": procedure}
    kit: Kit = tenancy.load(Kind.KIT, perform(actor, key, asked, work), actor)
    return kit


def add_specimen(
    actor: Actor,
    kit_code: str,
    slot: str,
    *,
    reason: str,
    note: str = "",
    label: str = "",
    key: str | None = None,
) -> Specimen:
    """Add an extra tube to a kit, beyond the plan, with a reason (code). It is flagged.

    *label* is the scan of a pre-printed label that is on the tube; it counts from the beginning.

    Raises:
        Refused: `reason_needed`; BadInput: a slot that the kit's procedure does not know, or field `label`.
    """
    if not actor.may(Permission.COLLECT):
        raise NotPermitted("not_permitted")
    if not reason:
        raise Refused("reason_needed")
    said = people.texts(longest=LONGEST_NOTE, note=note)["note"]

    def work(operation: Operation) -> str:
        kit: Kit = operation.load(Kind.KIT, kit_code)
        tenancy.must_see(Kind.KIT, kit, actor)
        visit, _, protocol = _visit_of(operation, actor, kit.visit)
        why = reason_given(protocol, "extra", reason, said)
        planned = protocol.planned(visit.timepoint, kit.procedure)
        wanted = next((each for each in planned if each.code == slot), None)
        if wanted is None:
            raise BadInput("form_incomplete", {"slot": "choose_one"})
        taken = operation.session.execute(
            select(SpecimenRow.number).where(SpecimenRow.kit == kit_code, SpecimenRow.slot == slot)
        ).scalars()
        named, pool = None, ""
        if label:
            named, pool = bound(operation.session, kit.study, kit.site, {"label": label})["label"]
        added = operation.create(
            Kind.SPECIMEN,
            "added",
            code=named,
            facts={
                "participant": kit.participant,
                "visit": kit.visit,
                "kit": kit.code,
                "timepoint": visit.timepoint,
                "procedure": kit.procedure,
                "slot": slot,
                "attempt": kit.attempt,
                "protocol_version": visit.protocol_version,
                "specimen_type": wanted.specimen_type,
                "container": wanted.container,
                "number": max(taken, default=0) + 1,
                "add_flags": [Flag.EXTRA],
            },
            reason=why,
            sealed={"reason": said},
            study=kit.study,
            site=kit.site,
            protocol=visit.protocol_version,
        )
        if named:
            _labelled(operation, named, pool)
        kit_lots.judge(operation, kit_code)
        return str(added.code)

    asked = {
        "act": "added", "kit": kit_code, "slot": slot, "reason": reason, "note": said,
        **({"label": label} if label else {}),
    }  # fmt: skip
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, perform(actor, key, asked, work), actor)
    return specimen
