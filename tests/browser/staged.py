"""Work that is under way, for the pictures: what the demonstration has finished already is begun here once more."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from time_machine import travel

from specimens.cli.demo_base import HOME_SITE
from specimens.domain.access import Actor, system_actor
from specimens.domain.schedule import VisitStatus
from specimens.domain.terms import Status
from specimens.models.base import db
from specimens.models.site import StationRow
from specimens.models.specimen import SpecimenRow
from specimens.models.user import UserRow
from specimens.services import (
    access,
    badge,
    clock_alarm,
    collection,
    grant,
    handover,
    inventory,
    kit,
    label,
    label_stock,
    pick,
    pool,
    printer,
    seat,
    today,
    transfer,
    visit,
)  # fmt: skip
from specimens.services.clock import today as day_of
from specimens.services.printer_target import Targets

_PRINTERS = Targets(("10.0.0.0/8",), frozenset({9100}))


def actor(login: str, station: str | None = None) -> Actor:
    """Return somebody of the demonstration in their own role, at a station by its name."""
    user = db.session.execute(select(UserRow).where(UserRow.login == login)).scalar_one()
    at = (
        db.session.execute(select(StationRow).where(StationRow.name == station)).scalar() if station else None
    )
    return access.actor_for(user, grant.grants(user.code)[0], at)


def begun(box: str, released: str) -> dict[str, str]:
    """Begin a visit, a bag, a check of *box*, a pick list, a print, a pool and a seat; return their codes by name.

    A one-time code is made for the list *released* besides.

    The visit is the first that is in its window today.
    """
    nora, mei = actor("nora", "Clinic, treatment room 1"), actor("mei", "Laboratory bench")
    ivo = actor("ivo")
    assert nora.study
    (due, *_) = today.board(nora).visits[VisitStatus.IN_WINDOW]
    opened = visit.open_visit(nora, due.participant.code, due.planned.timepoint)
    blood = next(each.code for each in opened.kits if each.procedure == "blood")
    tissue = next(each.code for each in opened.kits if each.procedure != "blood")
    kit.open_kit(nora, blood)
    kit.attest_identity(nora, blood)
    drawn = [each.code for each in kit.get(nora, blood).outstanding[:3]]
    for tube in drawn:
        assert collection.collect(nora, blood, tube, None).saved
    laboratory = db.session.execute(
        select(StationRow.code).where(StationRow.name == "Laboratory bench")
    ).scalar_one()
    bag = transfer.open_transfer(nora, "station", laboratory).code
    stored = (
        db.session.execute(
            select(SpecimenRow.code)
            .where(SpecimenRow.place == box, SpecimenRow.status == Status.STORED)
            .order_by(SpecimenRow.code)
            .limit(5)
        )
        .scalars()
        .all()
    )
    inventory.scan_in(mei, box, box)
    for tube in stored:
        inventory.scan_in(mei, box, tube)
    fetched = pick.make(mei, stored, "analysis").code
    pick.scan_out(mei, fetched, stored[0])
    said = printer.Asked(
        name="Label printer",
        kind="network",
        address="10.0.0.5:9100",
        language="zpl",
        answers=True,
        dpi=300,
        stock="roll_50",
    )
    desk = printer.add(system_actor(), HOME_SITE, said, _PRINTERS)
    job = label.print_set(
        nora, label.label_set(nora, "kit", tissue), label_stock.chosen(nora, f"printer:{desk.code}")
    ).job
    labels = pool.issue(nora, nora.study, HOME_SITE, "small", 20).pool.code
    _offered, secret = handover.offer(nora, released)
    day = day_of(nora.zone)
    seated = seat.open_seat(
        ivo, "eva", "auditor", from_on=day, until_on=day, training_on=day, reason="Inspection of the storage."
    ).code
    return {
        "visit": opened.visit.code, "kit": blood, "tissue": tissue, "packing": bag, "check": box, "pick": fetched,
        "printer": desk.code, "job": str(job), "pool": labels, "seat": seated,
        "secret": secret,
    }  # fmt: skip


def alarmed() -> str:
    """Let the clock of the server go back for a moment; return the alarm that comes of it."""
    luis = actor("luis")
    assert luis.user
    with travel(datetime.now(UTC) - timedelta(hours=1)):
        badge.issue(actor("adam"), luis.user)
    return clock_alarm.alarms(actor("ada"))[0].code
