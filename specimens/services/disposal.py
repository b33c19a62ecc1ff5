"""The end of a specimen, in front of a witness; and setting one aside until somebody decides."""

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Refused
from specimens.domain.signature import Occasion
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Hold, Kind, Status
from specimens.services import signature
from specimens.services.hands import check, children_of, noted, permit
from specimens.services.record import Operation
from specimens.services.signature import Pen
from specimens.services.study import protocol_of
from specimens.services.use import act_on
from specimens.services.visit_plan import reason_given

ORDERED = "destruction_ordered"


def destroy(
    actor: Actor,
    code: str,
    *,
    pen: Pen,
    witness: str,
    witness_pen: Pen,
    reason: str | None = None,
    note: str = "",
    production: bool = False,
    key: str | None = None,
) -> Specimen:
    """Record that a specimen was destroyed in front of a witness; both sign, each with their own password.

    The witness is another person with a role in this study today, named by their log-in name. An investigator's
    order is reason enough; without one a *reason* (code) of the protocol is needed.

    Raises:
        BadInput: fields `witness`, `witness_password`, `password`, `reason`, `reason_note`.
        Refused: what `signature.ask` and `signature.ask_witness` raise, or what the table of acts says.
    """
    permit(actor, Permission.DESTROY)
    said = noted(note)
    given = (
        ("witness", witness.strip()),
        ("witness_password", witness_pen.password),
        ("password", pen.password),
    )
    if missing := {name: "field_needed" for name, value in given if not value}:
        raise BadInput("form_incomplete", missing)
    why = reason_given(protocol_of(actor.study), "destroy", reason, said)
    signer = signature.ask(actor, Occasion.DESTRUCTION, pen)
    second = signature.ask_witness(actor, Occasion.DESTRUCTION, witness, witness_pen, production=production)
    who = second.actor.user

    def work(op: Operation, specimen: Specimen) -> None:
        given = why or ("ordered" if ORDERED in specimen.moments else None)
        if given is None:
            raise BadInput("form_incomplete", {"reason": "reason_needed"})
        check(op, "destroyed", specimen, reason=given, witness=who)
        if specimen.transfer:
            raise Refused("on_another_list", code=code, transfer=specimen.transfer)
        facts = {"witness": who, "from_place": specimen.place, "from_position": specimen.position}
        op.append(Kind.SPECIMEN, code, "destroyed", facts=facts, reason=given, sealed={"reason": said})
        signature.sign(op, signer, Kind.SPECIMEN, code)
        signature.sign(op, second, Kind.SPECIMEN, code)

    asked = {"witness": who, "reason": why, "note": said}
    return act_on(actor, code, "destroyed", Permission.DESTROY, key, asked, work)


def quarantine(
    actor: Actor, code: str, *, reason: str | None, note: str = "", key: str | None = None
) -> Specimen:
    """Set a specimen aside, with everything that was made from it, until the investigator decides.

    Raises:
        BadInput: fields `reason`, `reason_note`; Refused: `already_quarantined`, or what the table of acts says.
    """
    said = noted(note)
    permit(actor, Permission.SPECIMEN_CORRECT)
    why = reason_given(protocol_of(actor.study), "quarantine", reason, said)
    if why is None:
        raise BadInput("form_incomplete", {"reason": "reason_needed"})

    def work(op: Operation, specimen: Specimen) -> None:
        if Hold.QUARANTINE in specimen.holds:
            raise Refused("already_quarantined", code=code)
        check(op, "quarantined", specimen, reason=why)
        op.append(Kind.SPECIMEN, code, "quarantined", reason=why, sealed={"reason": said})
        for child in sorted(children_of(op, code)):
            state: Specimen = op.load(Kind.SPECIMEN, child)
            free = Hold.QUARANTINE not in state.holds
            if free and state.status not in ENDED and state.status != Status.SHIPPED:
                op.append(Kind.SPECIMEN, child, "quarantined", reason=why, facts={"with": code})

    asked = {"reason": why, "note": said}
    return act_on(actor, code, "quarantined", Permission.SPECIMEN_CORRECT, key, asked, work)
