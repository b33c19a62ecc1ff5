"""Tubes that stand on no list: they came with one as extra, or were carried over before anybody clicked."""

from specimens.domain.access import Actor, Permission
from specimens.domain.identifiers import ScanText
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Hold, Kind, Mode, Outcome, Status, TransferState
from specimens.domain.transfer import Transfer
from specimens.services import scan, tenancy
from specimens.services.hands import Stop, ask, held_here, here, permit, scanning
from specimens.services.record import Operation
from specimens.services.scan import ScanOutcome

_TS = TransferState
_AT_LAB = frozenset({Status.RECEIVED, Status.IN_PROCESSING, Status.RETRIEVED, Status.STORED})
EXTRA = "EXTRA"


def take_extra(op: Operation, transfer: Transfer, specimen: Specimen) -> ScanOutcome:
    """Take in a tube that came with a list but stands on no line of it: it is set aside until it is linked.

    One that nobody has logged as collected is no extra: it was carried over before anybody clicked.
    """
    code = specimen.code
    if specimen.status == Status.PLANNED:
        after = _without_release(op, specimen)
        return ScanOutcome(scan.CHECK, "received_uncollected", {"code": code, "saved": True}, code, after)
    if code in transfer.extras or (specimen.status in _AT_LAB and held_here(op.actor, specimen)):
        raise Stop("already_received", verdict=scan.ALREADY, outcome=specimen.status)
    if transfer.state == _TS.CLOSED:
        raise Stop("receipt_is_closed", transfer=transfer.code)
    ask(op, "received_extra", specimen, reason=EXTRA)
    if specimen.transfer:
        _take_off(op, specimen.transfer, code)
    facts = {**here(op.actor), "from_transfer": transfer.code, "add_holds": [str(Hold.QUARANTINE)]}
    after = op.append(Kind.SPECIMEN, code, "received_extra", facts=facts, reason=EXTRA)
    op.append(Kind.TRANSFER, transfer.code, "extra_found", facts={"specimen": code})
    return ScanOutcome(scan.CHECK, "received_extra", {"code": code, "saved": True}, code, after)


def _take_off(op: Operation, other: str, code: str) -> None:
    """A tube that came another way leaves the list that it was on: unpacked, or settled there as extra."""
    listed: Transfer = op.load(Kind.TRANSFER, other)
    if listed.state == _TS.SEALED:  # its count is no longer true: it has to be counted and sealed again
        op.append(Kind.TRANSFER, other, "transfer_unsealed", facts={"sealed_count": None, "seal": None})
    if listed.state in (_TS.PACKING, _TS.SEALED):
        op.append(Kind.TRANSFER, other, "line_unpacked", facts={"specimen": code})
    elif code in listed.lines:
        facts = {"specimen": code, "outcome": str(Outcome.EXTRA)}
        op.append(Kind.TRANSFER, other, "line_judged", facts=facts)


def receive_without_release(
    actor: Actor, raw: str, *, key: str | None = None, mode: str = Mode.SCAN
) -> ScanOutcome:
    """Receive a tube that was carried over before anybody clicked: processing starts, the clinic's entries follow."""
    permit(actor, Permission.TRANSFER_RECEIVE)

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        specimen: Specimen = op.load(Kind.SPECIMEN, text.code)
        tenancy.must_see(Kind.SPECIMEN, specimen, actor)
        after = _without_release(op, specimen)
        if after.collected_at is None:
            facts = {"code": text.code, "saved": True}
            return ScanOutcome(scan.CHECK, "received_uncollected", facts, text.code, after)
        return ScanOutcome(scan.OK, "received_without_release", {"code": text.code}, text.code, after)

    return scanning(actor, raw, act, key=key, what={"act": "receive_without_release"}, mode=mode)


def _without_release(op: Operation, specimen: Specimen) -> Specimen:
    """Put a tube into the hands of this bench; one on a list that was already released is received there instead."""
    if specimen.transfer:
        listed: Transfer = op.load(Kind.TRANSFER, specimen.transfer)
        if listed.state not in (_TS.PACKING, _TS.SEALED):
            raise Stop("receive_on_its_list", transfer=specimen.transfer)
    ask(op, "received_without_release", specimen)
    if specimen.transfer:
        _take_off(op, specimen.transfer, specimen.code)
    after: Specimen = op.append(
        Kind.SPECIMEN, specimen.code, "received_without_release", facts=here(op.actor)
    )
    return after
