"""What happens to a specimen later: thawed, used for a purpose, used up, shipped to another institution, returned."""

from collections.abc import Callable, Mapping
from typing import Any

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Refused
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Clock, Flag, Kind, Status
from specimens.services import participant as people
from specimens.services import tenancy
from specimens.services.derivative import MOST_VOLUME_UL
from specimens.services.hands import check, held_here, here, noted, permit, tube
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.scan import specimen_now

SHIPMENT = "shipment"


def act_on(
    actor: Actor,
    code: str,
    act: str,
    permission: Permission,
    key: str | None,
    asked: Mapping[str, Any],
    work: Callable[[Operation, Specimen], None],
) -> Specimen:
    """Do *work* on one specimen that the actor sees and whose site holds it, once per key; return it as it is then.

    Raises:
        NotFound, NotPermitted; Refused: `not_in_your_hands`, and what *work* raises.
    """
    permit(actor, permission)

    def once(op: Operation) -> str:
        specimen = tube(op, code)
        if specimen.status != Status.SHIPPED and not held_here(actor, specimen):
            raise Refused("not_in_your_hands", code=code)
        work(op, specimen)
        return code

    return specimen_now(perform(actor, key, {"act": act, "code": code, **asked}, once))


def _when(happened_at: int | None) -> dict[str, Any]:
    return {} if happened_at is None else {"happened_at": happened_at, "happened_by": Clock.PERSON}


def thaw(actor: Actor, code: str, *, happened_at: int | None = None, key: str | None = None) -> Specimen:
    """Record that a retrieved specimen was thawed; each thaw is counted."""

    def work(op: Operation, specimen: Specimen) -> None:
        check(op, "thawed", specimen, happened_at=happened_at)
        op.append(Kind.SPECIMEN, code, "thawed", **_when(happened_at))

    return act_on(actor, code, "thawed", Permission.PROCESS, key, {"at": happened_at}, work)


def evaluate(actor: Actor, code: str, *, evaluable: bool, note: str = "", key: str | None = None) -> Specimen:
    """Say what histology or flow found: whether there is in it what was to be taken. Marked, and never deleted.

    Raises:
        BadInput: field `reason_note`; Refused: `not_in_your_hands`, `wrong_state`.
    """
    if not actor.may(Permission.QUARANTINE_DECIDE):
        permit(actor, Permission.PROCESS)
    said = noted(note)

    def work(op: Operation) -> str:
        specimen = tube(op, code)
        if not tenancy.own_site(actor, specimen.held_site or specimen.site):
            raise Refused("not_in_your_hands", code=code)
        check(op, "evaluated", specimen)
        facts: dict[str, Any] = {"evaluable": evaluable}
        if evaluable and Flag.NOT_EVALUABLE in specimen.flags:
            facts["remove_flags"] = [str(Flag.NOT_EVALUABLE)]
        op.append(Kind.SPECIMEN, code, "evaluated", facts=facts, sealed={"note": said})
        return code

    asked = {"act": "evaluated", "code": code, "evaluable": evaluable, "note": said}
    return specimen_now(perform(actor, key, asked, work))


def use(
    actor: Actor,
    code: str,
    *,
    purpose: str,
    volume_ul: int | None = None,
    happened_at: int | None = None,
    key: str | None = None,
) -> Specimen:
    """Record that some of a specimen was used, for what, and how much (µl); the rest stays.

    Raises:
        BadInput: fields `purpose`, `volume`; Refused: `volume_too_small`, `on_hold`, `wrong_state`.
    """
    said = _purpose(purpose)

    def work(op: Operation, specimen: Specimen) -> None:
        if (volume_ul is None) != (specimen.volume_ul is None):
            raise BadInput(
                "form_incomplete", {"volume": "number_needed" if volume_ul is None else "volume_unknown"}
            )
        if volume_ul is not None and not 0 < volume_ul <= MOST_VOLUME_UL:
            raise BadInput("form_incomplete", {"volume": "number_out_of_range"})
        check(op, "used", specimen, used_ul=volume_ul or 0, happened_at=happened_at)
        op.append(
            Kind.SPECIMEN, code, "used", facts={"used_ul": volume_ul or 0}, sealed={"purpose": said},
            **_when(happened_at),
        )  # fmt: skip

    asked = {"purpose": said, "volume": volume_ul, "at": happened_at}
    return act_on(actor, code, "used", Permission.PROCESS, key, asked, work)


def _purpose(purpose: str) -> str:
    said = people.texts(purpose=purpose)["purpose"]
    if not said:
        raise BadInput("form_incomplete", {"purpose": "field_needed"})
    return said


def use_up(
    actor: Actor, code: str, *, purpose: str, happened_at: int | None = None, key: str | None = None
) -> Specimen:
    """Record that nothing is left of a specimen, and what it was used for."""
    said = _purpose(purpose)

    def work(op: Operation, specimen: Specimen) -> None:
        check(op, "used_up", specimen, happened_at=happened_at)
        op.append(
            Kind.SPECIMEN, code, "used_up", facts={"used_ul": specimen.volume_ul or 0}, sealed={"purpose": said},
            **_when(happened_at),
        )  # fmt: skip

    asked = {"purpose": said, "at": happened_at}
    return act_on(actor, code, "used_up", Permission.PROCESS, key, asked, work)


def ship(
    actor: Actor, code: str, *, destination: str, happened_at: int | None = None, key: str | None = None
) -> Specimen:
    """Record that a specimen left for another institution, which *destination* names."""
    said = people.texts(destination=destination)["destination"]
    if not said:
        raise BadInput("form_incomplete", {"destination": "field_needed"})

    def work(op: Operation, specimen: Specimen) -> None:
        check(op, "shipped", specimen, reason=SHIPMENT, happened_at=happened_at)
        if specimen.transfer:
            raise Refused("on_another_list", code=code, transfer=specimen.transfer)
        facts = {"from_place": specimen.place, "from_position": specimen.position}
        op.append(
            Kind.SPECIMEN, code, "shipped", facts=facts, reason=SHIPMENT, sealed={"destination": said},
            **_when(happened_at),
        )  # fmt: skip

    asked = {"destination": said, "at": happened_at}
    return act_on(actor, code, "shipped", Permission.STORE, key, asked, work)


def come_back(actor: Actor, code: str, *, happened_at: int | None = None, key: str | None = None) -> Specimen:
    """Record that a shipped specimen is back; it is in the hands of whoever says so."""

    def work(op: Operation, specimen: Specimen) -> None:
        check(op, "returned", specimen, happened_at=happened_at)
        op.append(Kind.SPECIMEN, code, "returned", facts=here(actor), **_when(happened_at))

    return act_on(actor, code, "returned", Permission.STORE, key, {"at": happened_at}, work)
