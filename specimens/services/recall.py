"""Taking a released list back, and declining one: both until the first tube of it is accepted."""

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.terms import Kind, TransferState
from specimens.domain.transfer import Transfer, open_lines
from specimens.services import tenancy
from specimens.services.hands import check, noted, permit, seen
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.study import protocol_of
from specimens.services.transfer import name_of, transfer_now

_TS = TransferState


def recall(actor: Actor, transfer: str, reason: str, *, note: str = "", key: str | None = None) -> Transfer:
    """Take a released list back, as long as nobody has begun to receive it.

    Raises:
        BadInput: fields `reason`, `reason_note`.
        Refused: `list_not_waiting`, `receipt_begun`.
    """
    permit(actor, Permission.TRANSFER_RELEASE)
    return _back(actor, transfer, "recalled", reason, note, key)


def decline(actor: Actor, transfer: str, reason: str, *, note: str = "", key: str | None = None) -> Transfer:
    """Say that the list is not taken; the tubes are again in the hands of whoever released them.

    Raises:
        BadInput: fields `reason`, `reason_note`.
        Refused: `list_not_waiting`, `receipt_begun`, `own_release`, `not_the_consignee`.
    """
    permit(actor, Permission.TRANSFER_RECEIVE)
    return _back(actor, transfer, "declined", reason, note, key)


def _back(actor: Actor, code: str, act: str, reason: str, note: str, key: str | None) -> Transfer:
    use = "recall" if act == "recalled" else "decline"
    if reason not in {each.code for each in protocol_of(actor.study).reasons_for(use)}:
        raise BadInput("form_incomplete", {"reason": "reason_needed"})
    note = noted(note)

    def work(op: Operation) -> str:
        transfer: Transfer = seen(op, Kind.TRANSFER, code)
        own = transfer.site if act == "recalled" else transfer.to_site
        if not tenancy.own_site(actor, own):
            raise NotPermitted("not_permitted")
        if act == "declined" and transfer.released_by == actor.user:
            raise Refused("own_release", act=act)
        if act == "declined" and transfer.to_kind == "user" and transfer.to_code != actor.user:
            raise Refused("not_the_consignee", to=name_of(transfer.to_code))
        if transfer.state not in (_TS.RELEASED, _TS.DEPOSITED, _TS.DELIVERED):
            raise Refused("list_not_waiting", transfer=code, state=transfer.state)
        if transfer.received_by:
            raise Refused("receipt_begun", by=name_of(transfer.received_by))
        custodian = {
            "custodian_kind": "user",
            "custodian": actor.user if act == "recalled" else transfer.released_by,
            "held_site": transfer.site,
        }
        lines = open_lines(transfer)  # a tube that came another way in the meantime has left the list
        op.lock((Kind.SPECIMEN, line) for line in lines)
        for line in lines:
            check(op, act, op.load(Kind.SPECIMEN, line), reason=reason, transfer=code)
        for line in lines:
            op.append(Kind.SPECIMEN, line, act, facts=custodian, reason=reason)
        op.append(Kind.TRANSFER, code, f"transfer_{act}", reason=reason, sealed={"note": note})
        return code

    asked = {"act": act, "transfer": code, "reason": reason, "note": note}
    return transfer_now(perform(actor, key, asked, work))
