"""Carrying: a list left in a named place, taken along, delivered; and one's own tubes, which are no transfer."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.identifiers import ScanText
from specimens.domain.station import Station
from specimens.domain.terms import Kind, Mode, TransferState
from specimens.domain.transfer import Transfer, open_lines
from specimens.models.base import db
from specimens.services import scan, tenancy
from specimens.services.hands import (
    Stop,
    ask,
    at_station,
    check,
    held_here,
    mine,
    permit,
    scanning,
    seen,
    tube,
)
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.scan import ScanOutcome
from specimens.services.transfer import name_of, transfer_now

_TS = TransferState

#: Temperatures (tenths of a degree) that a logger or a thermometer can show at all.
COLDEST, WARMEST = -2000, 600


def deposit(
    actor: Actor,
    transfer: str,
    station: str,
    *,
    temperature_tenths_c: int | None = None,
    key: str | None = None,
) -> Transfer:
    """Leave the list in a named place with nobody at the bench, with the temperature there where it is measured."""

    def work(op: Operation) -> str:
        held = _carried(op, transfer, (_TS.RELEASED,))
        place = _place(op, held, station)
        facts = {"place": place.code, "temperature_tenths_c": plausible(temperature_tenths_c)}
        _each(op, held, "deposited", at_station(place.code, place.site))
        op.append(Kind.TRANSFER, transfer, "transfer_deposited", facts=facts)
        return transfer

    asked = {"act": "deposit", "transfer": transfer, "at": station, "tenths": temperature_tenths_c}
    return transfer_now(perform(_carrier(actor), key, asked, work))


def pick_up(actor: Actor, transfer: str, *, key: str | None = None) -> Transfer:
    """Take the list along: from now on the courier has it."""

    def work(op: Operation) -> str:
        return _pick_up(op, transfer).code

    return transfer_now(perform(_carrier(actor), key, {"act": "pick_up", "transfer": transfer}, work))


def _pick_up(op: Operation, transfer: str) -> Transfer:
    held = _carried(op, transfer, (_TS.RELEASED, _TS.DEPOSITED, _TS.DELIVERED))
    _each(op, held, "picked_up", mine(op.actor))
    after: Transfer = op.append(Kind.TRANSFER, transfer, "transfer_picked_up")
    return after


def deliver(
    actor: Actor,
    transfer: str,
    station: str | None = None,
    *,
    temperature_tenths_c: int | None = None,
    key: str | None = None,
) -> Transfer:
    """Leave the list at its destination: the consignee's station, or another place named by *station*."""

    def work(op: Operation) -> str:
        _deliver(op, transfer, station, temperature_tenths_c)
        return transfer

    asked = {"act": "deliver", "transfer": transfer, "at": station, "tenths": temperature_tenths_c}
    return transfer_now(perform(_carrier(actor), key, asked, work))


def _deliver(op: Operation, transfer: str, station: str | None, tenths: int | None) -> Station:
    held = _carried(op, transfer, (_TS.IN_TRANSIT,))
    place = _place(op, held, station or (held.to_code if held.to_kind == "station" else ""))
    facts = {"place": place.code, "temperature_tenths_c": plausible(tenths)}
    _each(op, held, "delivered", at_station(place.code, place.site))
    op.append(Kind.TRANSFER, transfer, "transfer_delivered", facts=facts)
    return place


def scan_bag(
    actor: Actor, raw: str, act: str, *, key: str | None = None, mode: str = Mode.SCAN
) -> ScanOutcome:
    """Take a bag along (`pick_up`) or leave it at its destination (`deliver`) by scanning it."""
    if act not in ("pick_up", "deliver"):
        raise BadInput("form_incomplete", {"act": "choose_one"})

    def work(op: Operation, text: ScanText) -> ScanOutcome:
        held: Transfer = seen(op, Kind.TRANSFER, text.code)
        done = _TS.IN_TRANSIT if act == "pick_up" else _TS.DELIVERED
        if held.state == done and held.carried_by == actor.user:
            raise Stop("already", transfer=held.code)
        if act == "pick_up":
            after = _pick_up(op, text.code)
            return ScanOutcome(
                scan.OK, "bag_picked_up", {"code": text.code, "count": len(open_lines(after))}, text.code
            )
        if held.state == _TS.IN_TRANSIT and held.to_kind != "station":
            raise Stop("place_for_bag", verdict=scan.CHECK, transfer=held.code)
        place = _deliver(op, text.code, None, None)
        return ScanOutcome(scan.OK, "bag_delivered", {"code": text.code, "place": place.name}, text.code)

    return scanning(_carrier(actor), raw, work, key=key, what={"act": act}, mode=mode)


def places(actor: Actor, transfer: str) -> tuple[Station, ...]:
    """Return the named places where a list can be left: stations of the site it comes from, or goes to."""
    held: Transfer = tenancy.load(Kind.TRANSFER, transfer, actor)
    table = table_of(Kind.STATION)
    rows = db.session.execute(
        select(table)
        .where(table.c.site.in_([held.site, held.to_site]), table.c.active)
        .order_by(table.c.site != held.to_site, table.c.site, table.c.name)
    ).mappings()
    return tuple(state_of(Kind.STATION, row) for row in rows)


def _carrier(actor: Actor) -> Actor:
    permit(actor, Permission.TRANSFER_CARRY)
    return actor


def _carried(op: Operation, code: str, states: tuple[TransferState, ...]) -> Transfer:
    transfer: Transfer = seen(op, Kind.TRANSFER, code)
    if transfer.received_by:
        raise Refused("receipt_begun", by=name_of(transfer.received_by))
    if transfer.state not in states:
        raise Refused("list_not_waiting", transfer=code, state=transfer.state)
    return transfer


def _place(op: Operation, transfer: Transfer, code: str) -> Station:
    try:
        station: Station = op.load(Kind.STATION, code)
    except NotFound as error:
        raise BadInput("form_incomplete", {"place": "place_needed"}) from error
    if not station.active or station.site not in (transfer.site, transfer.to_site):
        raise BadInput("form_incomplete", {"place": "place_needed"})
    return station


def plausible(tenths: int | None) -> int | None:
    if tenths is not None and not COLDEST <= tenths <= WARMEST:
        raise BadInput("form_incomplete", {"temperature": "temperature_implausible"})
    return tenths


def _each(op: Operation, transfer: Transfer, act: str, facts: Mapping[str, Any]) -> None:
    lines = open_lines(transfer)  # a tube that came another way in the meantime has left the list
    op.lock((Kind.SPECIMEN, code) for code in lines)
    for code in lines:
        check(op, act, op.load(Kind.SPECIMEN, code), transfer=transfer.code)
    for code in lines:
        op.append(Kind.SPECIMEN, code, act, facts=facts)


def carry(
    actor: Actor, station: str, raw: str, *, key: str | None = None, mode: str = Mode.SCAN
) -> ScanOutcome:
    """Bring one's own tube to a station of one's own site, by scanning it: that is no transfer."""

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        place: Station = seen(op, Kind.STATION, station)
        specimen = tube(op, text.code)
        ask(op, "carried", specimen)
        team = specimen.custodian_kind == "station" and held_here(actor, specimen)
        if not tenancy.own_site(actor, place.site) or place.site != specimen.held_site:
            raise Stop("carried_too_far")
        if specimen.custodian != actor.user and not team:
            raise Stop("not_in_your_hands")
        if specimen.custodian == place.code:
            raise Stop("already", status=specimen.status)
        after = op.append(Kind.SPECIMEN, text.code, "carried", facts=at_station(place.code, place.site))
        return ScanOutcome(scan.OK, "carried", {"code": text.code, "place": place.name}, text.code, after)

    return scanning(_carrier(actor), raw, act, key=key, what={"act": "carry"}, subject=station, mode=mode)
