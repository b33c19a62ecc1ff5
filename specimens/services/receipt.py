"""Receipt: every tube scanned against the list, an outcome for each, and what differs kept until it is resolved."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import COMMANDS, ScanText
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Hold, Kind, Mode, Outcome, Status, TransferState
from specimens.domain.transfer import (
    CONDITIONS,
    FLAG_OF_CODE,
    IDENTITY_CODES,
    ON_ITS_WAY,
    Transfer,
    open_lines,
)
from specimens.models.ledger import LedgerEntry
from specimens.services import scan, tenancy, unlisted
from specimens.services.carriage import plausible
from specimens.services.hands import (
    Stop,
    ask,
    at_station,
    check,
    mine,
    noted,
    permit,
    scanning,
    seen,
)
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of
from specimens.services.transfer import name_of, transfer_now

_TS = TransferState
MISSING = "MISSING"
TEMPERATURE = "TEMP"

#: Outcome of a scanned tube → the act of the table.
_ACTS = {
    Outcome.ACCEPTED: "accepted",
    Outcome.ACCEPTED_WITH_DEVIATION: "accepted_with_deviation",
    Outcome.QUARANTINED: "received_in_quarantine",
    Outcome.REJECTED: "rejected",
}


def open_receipt(
    actor: Actor,
    transfer: str,
    *,
    condition: str,
    temperature_tenths_c: int | None = None,
    key: str | None = None,
) -> Transfer:
    """Begin a receipt: in what condition the list arrived, and how warm it was (None: not measured).

    Raises:
        BadInput: fields `condition`, `temperature`.
        Refused: `own_release`, `not_the_consignee`, `list_not_waiting`.
        Conflict: `receipt_begun`: somebody else was first; the facts say who and when.
    """
    permit(actor, Permission.TRANSFER_RECEIVE)
    if condition not in CONDITIONS:
        raise BadInput("form_incomplete", {"condition": "condition_needed"})
    plausible(temperature_tenths_c)

    def work(op: Operation) -> str:
        held: Transfer = seen(op, Kind.TRANSFER, transfer)
        _must_be_receiver(actor, held)
        if held.received_by:
            raise Conflict("receipt_begun", by=name_of(held.received_by), opened_at=_opened_at(op, transfer))
        if held.state not in ON_ITS_WAY:
            raise Refused("list_not_waiting", transfer=transfer, state=held.state)
        facts = {
            "condition": condition,
            "received_temperature_tenths_c": temperature_tenths_c,
            "in_band": in_band(protocol_of(held.study), held.temperature, temperature_tenths_c),
        }
        op.append(Kind.TRANSFER, transfer, "receipt_opened", facts=facts)
        return transfer

    asked = {
        "act": "open_receipt",
        "transfer": transfer,
        "condition": condition,
        "tenths": temperature_tenths_c,
    }
    return transfer_now(perform(actor, key, asked, work))


def in_band(protocol: Protocol, band: str | None, tenths: int | None) -> bool | None:
    """Say whether a temperature lies within a band of the protocol; None where nothing was measured."""
    if band is None or tenths is None:
        return None
    limits = protocol.storage_temperature(band)
    return limits.lowest_tenths_c <= tenths <= limits.highest_tenths_c


def out_of_band(transfer: Transfer) -> bool:
    """Say whether the list arrived too warm or too cold: then each tube of it is accepted with a deviation."""
    tenths = transfer.received_temperature_tenths_c
    return in_band(protocol_of(transfer.study), transfer.temperature, tenths) is False


def _opened_at(op: Operation, transfer: str) -> int | None:
    statement = (
        select(LedgerEntry.happened_at)
        .where(
            LedgerEntry.subject_kind == str(Kind.TRANSFER),
            LedgerEntry.subject_code == transfer,
            LedgerEntry.act == "receipt_opened",
        )
        .order_by(LedgerEntry.seq.desc())
        .limit(1)
    )
    return op.session.execute(statement).scalar()


def _must_be_receiver(actor: Actor, transfer: Transfer) -> None:
    if not tenancy.own_site(actor, transfer.to_site):
        raise NotPermitted("not_permitted")
    if transfer.released_by == actor.user:
        raise Refused("own_release", act="accepted")
    if transfer.to_kind == "user" and transfer.to_code != actor.user:
        raise Refused("not_the_consignee", to=name_of(transfer.to_code))


# ------------------------------------------------------------------------------------------------- scanning


def receive(
    actor: Actor,
    transfer: str,
    raw: str,
    *,
    outcome: str = Outcome.ACCEPTED,
    reason: str = "",
    note: str = "",
    key: str | None = None,
    mode: str = Mode.SCAN,
) -> ScanOutcome:
    """Receive one tube by scanning it; FINISH closes the receipt.

    *outcome* other than accepted is chosen before the scan, with a reject code of the protocol as *reason*. A tube
    that is known but on no line is taken in as extra and set aside.

    Raises:
        BadInput: fields `outcome`, `reason`.
    """
    permit(actor, Permission.TRANSFER_RECEIVE)
    judged = _judged(actor, outcome, reason)
    note = noted(note, "note")

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        held = _receiving(op, transfer)
        if COMMANDS.get(text.code) == "FINISH":
            return _finish(op, held, text.code)
        if text.code in COMMANDS:
            raise Stop("command_not_here", word=COMMANDS[text.code])
        specimen: Specimen = op.load(Kind.SPECIMEN, text.code)
        if specimen.study != held.study:
            raise NotFound("unknown_specimen")
        if held.lines.get(text.code, Outcome.NOT_TAKEN) == Outcome.NOT_TAKEN:
            return unlisted.take_extra(op, held, specimen)
        return _receive(op, held, specimen, judged, reason, note)

    what = {"act": "receive", "outcome": str(judged), "reason": reason, "note": note}
    return scanning(actor, raw, act, key=key, what=what, subject=transfer, mode=mode, commands=True)


def _judged(actor: Actor, outcome: str, reason: str) -> Outcome:
    try:
        judged = Outcome(outcome)
    except ValueError as error:
        raise BadInput("form_incomplete", {"outcome": "finding_needed"}) from error
    if judged not in _ACTS:
        raise BadInput("form_incomplete", {"outcome": "finding_needed"})
    if judged is not Outcome.ACCEPTED and reason not in {
        each.code for each in protocol_of(actor.study).reject_codes
    }:
        raise BadInput("form_incomplete", {"reason": "reason_needed"})
    return judged


def _receiving(op: Operation, code: str) -> Transfer:
    transfer: Transfer = seen(op, Kind.TRANSFER, code)
    _must_be_receiver(op.actor, transfer)
    if transfer.state not in ON_ITS_WAY and transfer.state != _TS.CLOSED:
        raise Stop("list_not_waiting", transfer=code, state=transfer.state)
    if not transfer.received_by:
        raise Stop("receipt_not_opened", transfer=code)
    return transfer


def _receive(
    op: Operation, transfer: Transfer, specimen: Specimen, outcome: Outcome, reason: str, note: str
) -> ScanOutcome:
    code = specimen.code
    known = transfer.lines[code]
    if specimen.status == Status.LOST:
        raise Stop("given_up_as_lost", transfer=transfer.code)
    if known and (known != Outcome.MISSING or specimen.status != Status.MISSING):
        raise Stop("already_received", verdict=scan.ALREADY, outcome=known)
    if outcome is Outcome.REJECTED and _irreplaceable(specimen) and reason in IDENTITY_CODES:
        raise Stop("biopsy_never_rejected", reason=reason)
    if outcome is Outcome.ACCEPTED and out_of_band(transfer):
        outcome, reason = Outcome.ACCEPTED_WITH_DEVIATION, TEMPERATURE
    act = _ACTS[outcome]
    ask(op, act, specimen, reason=reason or None, released_by=transfer.released_by, transfer=transfer.code)
    team = transfer.to_kind == "station"
    facts: dict[str, Any] = (
        at_station(transfer.to_code, transfer.to_site)
        if team
        else {**mine(op.actor), "held_site": transfer.to_site}
    )
    facts["from_transfer"] = transfer.code
    if outcome is Outcome.QUARANTINED:
        facts["add_holds"] = [str(Hold.QUARANTINE)]
    if outcome is not Outcome.ACCEPTED and reason in FLAG_OF_CODE:
        facts["add_flags"] = [str(FLAG_OF_CODE[reason])]
    after = op.append(Kind.SPECIMEN, code, act, facts=facts, reason=reason or None, sealed={"note": note})
    _line(op, transfer.code, code, outcome)
    return _counted(op, transfer.code, f"received_{outcome}", after, outcome, reason)


def _irreplaceable(specimen: Specimen) -> bool:
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    return protocol.procedure(specimen.procedure).kind == "tissue"


def _line(op: Operation, transfer: str, specimen: str, outcome: Outcome) -> None:
    op.append(Kind.TRANSFER, transfer, "line_judged", facts={"specimen": specimen, "outcome": str(outcome)})


def _counted(
    op: Operation, transfer: str, code: str, specimen: Specimen, outcome: Outcome, reason: str
) -> ScanOutcome:
    held: Transfer = op.load(Kind.TRANSFER, transfer)
    left = open_lines(held)
    facts = {
        "code": specimen.code, "count": len(held.lines) - len(left), "total": len(held.lines),
        "outcome": str(outcome), "reason": reason, "saved": True,
    }  # fmt: skip
    verdict = scan.OK if outcome is Outcome.ACCEPTED else scan.CHECK
    return ScanOutcome(verdict, code, facts, specimen.code, specimen, left[0] if left else None)


def report_missing(
    actor: Actor, transfer: str, specimens: Iterable[str], *, note: str = "", key: str | None = None
) -> Transfer:
    """Say that tubes of the list are not there; a straggler can still be received later.

    *note* says in words what is known (“the bag was torn open”).

    Raises:
        BadInput: fields `specimens`, `note`.
        Refused: `not_on_this_list`, `already_received`.
    """
    permit(actor, Permission.TRANSFER_RECEIVE)
    codes = sorted(set(specimens))
    if not codes:
        raise BadInput("form_incomplete", {"specimens": "choose_missing"})
    note = noted(note, "note")

    def work(op: Operation) -> str:
        held = _begun(op, transfer)
        if strange := [code for code in codes if code not in held.lines]:
            raise Refused("not_on_this_list", code=strange[0])
        op.lock((Kind.SPECIMEN, code) for code in codes)
        for code in codes:
            if held.lines[code]:
                raise Refused("already_received", code=code, outcome=held.lines[code])
            check(op, "reported_missing", op.load(Kind.SPECIMEN, code), reason=MISSING)
        for code in codes:
            op.append(
                Kind.SPECIMEN,
                code,
                "reported_missing",
                reason=MISSING,
                facts={"from_transfer": transfer},
                sealed={"note": note},
            )
            _line(op, transfer, code, Outcome.MISSING)
        return transfer

    asked = {"act": "report_missing", "transfer": transfer, "specimens": codes, "note": note}
    return transfer_now(perform(actor, key, asked, work))


def _begun(op: Operation, code: str) -> Transfer:
    try:
        return _receiving(op, code)
    except Stop as stop:
        raise Refused(stop.code, **stop.facts) from stop


def close(actor: Actor, transfer: str, *, key: str | None = None) -> Transfer:
    """Finish the receipt, once every tube of the list has an outcome.

    Raises:
        Refused: `receipt_lines_open`, `receipt_is_closed`.
    """
    permit(actor, Permission.TRANSFER_RECEIVE)

    def work(op: Operation) -> str:
        held = _begun(op, transfer)
        try:
            _finish(op, held, transfer)
        except Stop as stop:
            raise Refused(stop.code, **stop.facts) from stop
        return transfer

    return transfer_now(perform(actor, key, {"act": "close_receipt", "transfer": transfer}, work))


def _finish(op: Operation, transfer: Transfer, read: str) -> ScanOutcome:
    if transfer.state == _TS.CLOSED:
        raise Stop("receipt_is_closed", verdict=scan.ALREADY, transfer=transfer.code)
    if left := open_lines(transfer):
        raise Stop(
            "receipt_lines_open", verdict=scan.CHECK, transfer=transfer.code, count=len(left), code=left[0]
        )
    op.append(Kind.TRANSFER, transfer.code, "receipt_closed", facts=_signed(transfer))
    return ScanOutcome(
        scan.OK, "receipt_closed", {"transfer": transfer.code, "count": len(transfer.lines)}, read
    )


def _signed(transfer: Transfer) -> dict[str, Any]:
    """Return what the second party signs: the hash of the released list, and each difference from it by name."""
    differs = {code: outcome for code, outcome in transfer.lines.items() if outcome != Outcome.ACCEPTED}
    differs |= dict.fromkeys(transfer.extras, str(Outcome.EXTRA))
    arrived = [transfer.condition] if transfer.condition not in (None, "intact") else []
    if out_of_band(transfer):
        arrived.append("out_of_band")
    return {"signed_hash": transfer.list_hash, "differences": differs, "arrived": arrived}
