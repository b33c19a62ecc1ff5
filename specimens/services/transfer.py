"""Transfers: a list of tubes, packed by scanning, sealed against a count, released."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.identifiers import ScanText
from specimens.domain.kit import Kit
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Mode, Status, TransferState
from specimens.domain.transfer import TRANSPORTS, Transfer
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import consignee, scan, tenancy
from specimens.services.handover import digest_of
from specimens.services.hands import (
    Stop,
    ask,
    check,
    held_here,
    mine,
    names_of,
    permit,
    scanning,
    seen,
    tube,
)
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of

_TS = TransferState
_COUNT_DIGITS = 4
_LONGEST_SEAL = 64


# ------------------------------------------------------------------------------------------------- packing


def open_transfer(actor: Actor, to_kind: str, to_code: str, *, key: str | None = None) -> Transfer:
    """Begin a list for a consignee: a person, or a station with its team.

    Raises:
        BadInput: field `to` when nobody was chosen.
    """
    permit(actor, Permission.TRANSFER_RELEASE)
    to = consignee.chosen(actor, to_kind, to_code)

    def work(op: Operation) -> str:
        return _begin(op, to).code

    return transfer_now(perform(actor, key, {"act": "open_transfer", "to": [to.kind, to.code]}, work))


def _begin(op: Operation, to: consignee.Consignee) -> Transfer:
    if op.actor.site is None:
        raise Refused("no_site")
    facts = {
        "study": op.actor.study,
        "site": op.actor.site,
        "to_kind": to.kind,
        "to_code": to.code,
        "to_site": to.site,
    }
    transfer: Transfer = op.create(Kind.TRANSFER, "transfer_opened", facts=facts)
    return transfer


def pack(
    actor: Actor, transfer: str, raw: str, *, key: str | None = None, mode: str = Mode.SCAN
) -> ScanOutcome:
    """Put a tube on the list by scanning it: listing is not packing."""
    permit(actor, Permission.TRANSFER_RELEASE)

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        held = _packing(op, transfer)
        specimen = tube(op, text.code)
        if specimen.transfer == transfer:
            raise Stop("already", status=specimen.status)
        _pack(op, held, specimen)
        after: Transfer = op.load(Kind.TRANSFER, transfer)
        return ScanOutcome(
            scan.OK, "packed", {"code": text.code, "count": len(after.lines)}, text.code, tube(op, text.code)
        )

    return scanning(actor, raw, act, key=key, what={"act": "pack"}, subject=transfer, mode=mode)


def _packing(op: Operation, code: str) -> Transfer:
    """Return a list that is still being packed, at a site of the actor's."""
    transfer: Transfer = seen(op, Kind.TRANSFER, code)
    if not tenancy.own_site(op.actor, transfer.site):
        raise NotPermitted("not_permitted")
    if transfer.state != _TS.PACKING:
        raise Refused("list_not_packing", transfer=code, state=transfer.state)
    return transfer


def _pack(op: Operation, transfer: Transfer, specimen: Specimen) -> None:
    ask(op, "packed", specimen)
    if not held_here(op.actor, specimen):
        raise Stop("not_in_your_hands")
    op.append(Kind.SPECIMEN, specimen.code, "packed", facts={"transfer": transfer.code})
    op.append(Kind.TRANSFER, transfer.code, "line_packed", facts={"specimen": specimen.code})


def unpack(
    actor: Actor, transfer: str, raw: str, *, key: str | None = None, mode: str = Mode.SCAN
) -> ScanOutcome:
    """Take a tube off the list again, by scanning it."""
    permit(actor, Permission.TRANSFER_RELEASE)

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        _packing(op, transfer)
        specimen = tube(op, text.code)
        ask(op, "unpacked", specimen, transfer=transfer)
        op.append(Kind.SPECIMEN, text.code, "unpacked")
        op.append(Kind.TRANSFER, transfer, "line_unpacked", facts={"specimen": text.code})
        after: Transfer = op.load(Kind.TRANSFER, transfer)
        return ScanOutcome(
            scan.OK,
            "unpacked",
            {"code": text.code, "count": len(after.lines)},
            text.code,
            tube(op, text.code),
        )

    return scanning(actor, raw, act, key=key, what={"act": "unpack"}, subject=transfer, mode=mode)


# ------------------------------------------------------------------------------------- sealing and releasing


def seal(
    actor: Actor,
    transfer: str,
    count: int,
    *,
    transport: str,
    temperature: str,
    seal: str = "",
    key: str | None = None,
) -> Transfer:
    """Close the bag: the tubes were counted, and the count agrees with what was scanned.

    *temperature* is a storage temperature of the protocol, *seal* the number on the seal where there is one.

    Raises:
        BadInput: fields `count`, `transport`, `temperature`, `seal`.
        Refused: `count_differs`, `list_empty`, `list_not_packing`.
    """
    permit(actor, Permission.TRANSFER_RELEASE)
    packing = _checked(actor, transport, temperature, seal, count)

    def work(op: Operation) -> str:
        _seal(op, _packing(op, transfer), packing)
        return transfer

    asked = {"act": "seal", "transfer": transfer, **packing}
    return transfer_now(perform(actor, key, asked, work))


def _checked(actor: Actor, transport: str, temperature: str, seal: str, count: int) -> dict[str, Any]:
    known = {each.code for each in protocol_of(actor.study).storage_temperatures}
    wrong: dict[str, str] = {}
    if transport not in TRANSPORTS:
        wrong["transport"] = "transport_needed"
    if temperature not in known:
        wrong["temperature"] = "temperature_needed"
    if not 1 <= count < 10**_COUNT_DIGITS:
        wrong["count"] = "count_needed"
    if len(seal) > _LONGEST_SEAL or not seal.isprintable():
        wrong["seal"] = "seal_unusable"
    elif transport in TRANSPORTS[1:] and not seal.strip():
        wrong["seal"] = "seal_needed"  # a bag that leaves our hands can only be trusted by its seal
    if wrong:
        raise BadInput("form_incomplete", wrong)
    return {
        "sealed_count": count,
        "transport": transport,
        "temperature": temperature,
        "seal": seal.strip() or None,
    }


def _seal(op: Operation, transfer: Transfer, packing: Mapping[str, Any]) -> None:
    scanned = len(transfer.lines)
    if not scanned:
        raise Refused("list_empty")
    if packing["sealed_count"] != scanned:
        raise Refused("count_differs", counted=packing["sealed_count"], scanned=scanned)
    op.append(Kind.TRANSFER, transfer.code, "transfer_sealed", facts=packing)


def unseal(actor: Actor, transfer: str, *, key: str | None = None) -> Transfer:
    """Open a sealed bag again, before it is released."""
    permit(actor, Permission.TRANSFER_RELEASE)

    def work(op: Operation) -> str:
        held: Transfer = seen(op, Kind.TRANSFER, transfer)
        if held.state != _TS.SEALED or not tenancy.own_site(actor, held.site):
            raise Refused("list_not_sealed", transfer=transfer, state=held.state)
        op.append(Kind.TRANSFER, transfer, "transfer_unsealed", facts={"sealed_count": None, "seal": None})
        return transfer

    return transfer_now(perform(actor, key, {"act": "unseal", "transfer": transfer}, work))


def release(actor: Actor, transfer: str, *, key: str | None = None) -> Transfer:
    """Hand the sealed list over; whoever releases it answers for it until somebody accepts.

    Writes `released` on every tube and, on the list, the SHA-256 of what both parties sign.

    Raises:
        Refused: `list_not_sealed`, or what forbids it for one of the tubes (`on_hold`, …).
    """
    permit(actor, Permission.TRANSFER_RELEASE)

    def work(op: Operation) -> str:
        held: Transfer = seen(op, Kind.TRANSFER, transfer)
        if held.state != _TS.SEALED or not tenancy.own_site(actor, held.site):
            raise Refused("list_not_sealed", transfer=transfer, state=held.state)
        _release(op, held)
        return transfer

    return transfer_now(perform(actor, key, {"act": "release", "transfer": transfer}, work))


def _release(op: Operation, transfer: Transfer) -> None:
    op.lock((Kind.SPECIMEN, code) for code in transfer.lines)
    for code in sorted(transfer.lines):
        check(op, "released", op.load(Kind.SPECIMEN, code), transfer=transfer.code)
    for code in sorted(transfer.lines):
        facts = {**mine(op.actor), "bound_site": transfer.to_site}
        op.append(Kind.SPECIMEN, code, "released", facts=facts)
    facts = {"list_hash": digest_of(transfer)}
    op.append(Kind.TRANSFER, transfer.code, "transfer_released", facts=facts)


def releasable(actor: Actor, kit: str) -> tuple[Specimen, ...]:
    """Return the collected tubes of a kit that this person's site holds and that are on no list."""
    table = table_of(Kind.SPECIMEN)
    rows = db.session.execute(
        select(table)
        .where(
            table.c.kit == kit,
            table.c.status == str(Status.COLLECTED),
            table.c.transfer.is_(None),
            tenancy.visible_specimens(actor),
        )
        .order_by(table.c.id)
    ).mappings()
    found = [state_of(Kind.SPECIMEN, row) for row in rows]
    return tuple(each for each in found if held_here(actor, each) and "consent" not in each.holds)


def release_kit(
    actor: Actor,
    kit: str,
    to_kind: str,
    to_code: str,
    *,
    count: int,
    transport: str,
    temperature: str,
    seal: str = "",
    key: str | None = None,
) -> Transfer:
    """Release everything that is held for a kit, in one act: list, pack, seal against the count, hand over.

    Raises:
        BadInput: fields `to`, `count`, `transport`, `temperature`, `seal`.
        Refused: `list_empty`, `count_differs`.
    """
    permit(actor, Permission.TRANSFER_RELEASE)
    to = consignee.chosen(actor, to_kind, to_code)
    packing = _checked(actor, transport, temperature, seal, count)

    def work(op: Operation) -> str:
        held: Kit = seen(op, Kind.KIT, kit)
        codes = op.session.execute(
            select(SpecimenRow.code)
            .where(
                SpecimenRow.kit == held.code,
                SpecimenRow.status == str(Status.COLLECTED),
                SpecimenRow.transfer.is_(None),
            )
            .order_by(SpecimenRow.id)
        ).scalars()
        tubes = [tube(op, code) for code in sorted(codes)]
        ready = [each for each in tubes if held_here(actor, each) and "consent" not in each.holds]
        if not ready:
            raise Refused("list_empty")
        transfer = _begin(op, to)
        for each in ready:
            check(op, "packed", each)
            _pack(op, transfer, each)
        _seal(op, op.load(Kind.TRANSFER, transfer.code), packing)
        _release(op, op.load(Kind.TRANSFER, transfer.code))
        return transfer.code

    asked = {"act": "release_kit", "kit": kit, "to": [to.kind, to.code], **packing}
    return transfer_now(perform(actor, key, asked, work))


def transfer_now(code: str) -> Transfer:
    table = table_of(Kind.TRANSFER)
    row = db.session.execute(select(table).where(table.c.code == code)).mappings().one()
    transfer: Transfer = state_of(Kind.TRANSFER, row)
    return transfer


def name_of(user: str) -> str:
    return names_of([user]).get(user, user)
