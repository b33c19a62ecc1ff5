"""The procedure of a tissue kit: where, with what, by whom, and how many pieces came out."""

from collections.abc import Iterable
from dataclasses import dataclass

from specimens.domain import fold
from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Refused
from specimens.domain.free_text import LONGEST_LINE
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_kit import fill, places
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Clock, Flag, Kind, Mode, Status
from specimens.domain.visit import Visit
from specimens.services import kit_identity, kit_lots
from specimens.services import participant as people
from specimens.services.entries import entries_of
from specimens.services.kit_act import must_be_open_here, on_kit
from specimens.services.kit_lots import Lot
from specimens.services.kit_view import expected_for, specimens_of
from specimens.services.record import Operation
from specimens.services.study import protocol_of

MOST_PIECES = 99
SHORT = "insufficient_yield"


@dataclass(frozen=True, slots=True)
class Procedure:
    """What was done. *reason* is for another place than the rules expect, *correction* for recording it again.

    *lots* are those of the kit's containers, as far as somebody read them.
    """

    body_site: str
    side: str
    device: str
    performed_by: str
    pieces: int
    reason: str | None = None
    correction: str | None = None
    lots: tuple[Lot, ...] = ()


def record_procedure(
    actor: Actor,
    code: str,
    *,
    body_site: str,
    side: str,
    device: str,
    performed_by: str,
    pieces: int,
    reason: str | None = None,
    correction: str | None = None,
    lots: Iterable[Lot] = (),
    key: str | None = None,
) -> Kit:
    """Record where tissue was taken, with what, by whom, and how many pieces came out.

    The yield fills the plan in its order of priority; slots that it does not reach end as not collected,
    insufficient yield. Another place than the rules expect needs a *reason* (code) and is flagged. Recording it
    again needs a *correction* (code of a reason); tubes that the new yield reaches are planned again. *lots* of its
    containers are never asked for; those that had expired flag their tubes.

    Raises:
        BadInput: fields `place`, `performed_by`, `pieces`, `device`, `reason`, `correction`, `lot_<container>`.
        Refused: `kit_not_open`, `identity_first`, `identity_again`, `not_tissue`, `other_body_site`,
            `yield_below_taken`, `place_fixed`.
    """
    said = people.texts(longest=LONGEST_LINE, device=device, performed_by=" ".join(performed_by.split()))
    done = Procedure(
        body_site, side, said["device"], said["performed_by"], pieces, reason, correction, tuple(lots)
    )

    def do(operation: Operation, kit: Kit) -> None:
        must_be_open_here(kit, actor)
        if refusal := kit_identity.missing(operation, kit, actor):
            raise Refused(refusal.code, **refusal.facts)
        write(operation, kit, done)

    what = {
        "place": [body_site, side], "device": device, "performed_by": performed_by, "pieces": pieces,
        "reason": reason, "correction": correction,
        **({"lots": [[each.container, each.number, each.expires] for each in done.lots]} if done.lots else {}),
    }  # fmt: skip
    return on_kit(actor, code, "procedure_recorded", do, key=key, what=what)


def write(
    operation: Operation, kit: Kit, done: Procedure, *, at: int | None = None, mode: str = Mode.FORM
) -> Kit:
    """Write a procedure on its kit, and end the tubes that its yield does not reach; *at*: as a sheet says."""
    visit: Visit = operation.load(Kind.VISIT, kit.visit)
    protocol = protocol_of(kit.study, visit.protocol_version)
    if protocol.procedure(kit.procedure).kind != "tissue":
        raise Refused("not_tissue", kit=kit.code)
    _must_fit(protocol, kit, done)
    participant: Participant = operation.load(Kind.PARTICIPANT, kit.participant)
    expected = expected_for(protocol, participant, visit, kit)
    elsewhere = (done.body_site, done.side) not in expected
    if elsewhere and not done.reason:
        raise Refused("other_body_site", body_site=done.body_site, side=done.side)
    tubes = specimens_of(kit.code)
    taken = [each for each in tubes if each.collected_at is not None]
    if kit.pieces is not None:
        if not done.correction:
            raise BadInput("form_incomplete", {"correction": "reason_needed"})
        if taken and (done.body_site, done.side) != (kit.body_site, kit.side):
            raise Refused("place_fixed", kit=kit.code)
    shares = {
        (each.slot.code, each.number): each.pieces
        for each in fill(protocol, visit.timepoint, kit.procedure, done.pieces)
    }
    unreached = {
        each.code
        for each in tubes
        if shares.get((each.slot, each.number)) == 0 and Flag.EXTRA not in each.flags
    }
    if any(each.code in unreached for each in taken):
        raise Refused("yield_below_taken", pieces=done.pieces)
    facts: dict[str, object] = {
        "body_site": done.body_site,
        "side": done.side,
        "device": done.device or None,
        "pieces": done.pieces,
        "add_flags": [Flag.OTHER_BODY_SITE] if elsewhere else [],
    }
    if kit.pieces is not None:
        facts |= {
            "correction": done.correction,
            "pieces_before": kit.pieces,
            "flags": [flag for flag in kit.flags if flag != Flag.OTHER_BODY_SITE],
        }
    written: Kit = operation.append(
        Kind.KIT,
        kit.code,
        "procedure_recorded",
        facts=facts,
        reason=done.reason if elsewhere else done.correction if kit.pieces is not None else None,
        performed_by=done.performed_by,
        happened_at=at,
        happened_by=Clock.PERSON,
        mode=mode,
    )
    for each in tubes:
        if each.code in unreached and each.status == Status.PLANNED:
            operation.append(
                Kind.SPECIMEN, each.code, "not_collected", reason=SHORT, mode=mode,
                happened_at=at, happened_by=Clock.PERSON,
            )  # fmt: skip
        elif each.code not in unreached and each.ended_reason == SHORT:
            _plan_again(operation, each, done.correction)
    if done.lots or kit.pieces is not None:
        kit_lots.write(operation, kit, done.lots, at=at, mode=mode)
    return written


def _must_fit(protocol: Protocol, kit: Kit, done: Procedure) -> None:
    """Raise BadInput with every field that cannot be right."""
    fields: dict[str, str] = {}
    if (done.body_site, done.side) not in places(protocol, kit.procedure):
        fields["place"] = "choose_one"
    if len(done.performed_by) < 2:
        fields["performed_by"] = "name_unusable"
    if not 0 <= done.pieces <= MOST_PIECES:
        fields["pieces"] = "pieces_unusable"
    for field, use in (("reason", "body_site"), ("correction", "correction")):
        code = getattr(done, field)
        if code and code not in {each.code for each in protocol.reasons_for(use)}:
            fields[field] = "choose_one"
    try:
        kit_lots.checked(done.lots)
    except BadInput as error:
        fields |= error.fields
    if fields:
        raise BadInput("form_incomplete", fields)


def _plan_again(operation: Operation, specimen: Specimen, correction: str | None) -> None:
    """Take back that a tube was not reached: the yield was more than was written first."""
    entries = fold.effective(entries_of(operation.session, Kind.SPECIMEN, specimen.code))
    ended = next(entry for entry in reversed(entries) if entry.act == "not_collected")
    operation.load(Kind.SPECIMEN, specimen.code)
    operation.append(
        Kind.SPECIMEN, specimen.code, fold.UNDONE, facts={"operation": ended.operation}, reason=correction
    )
