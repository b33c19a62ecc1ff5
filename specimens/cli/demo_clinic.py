"""The clinic's part of the demonstration: screening, enrolment, visits, collection, release."""

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from specimens.cli.demo_base import PASSWORD, ZONE, Ground
from specimens.domain.access import Actor
from specimens.domain.errors import Refused
from specimens.domain.kit import Kit
from specimens.domain.protocol import Protocol
from specimens.services import (
    clock,
    collection,
    consent,
    eligibility,
    kit,
    kit_lots,
    label,
    label_stock,
    participant,
    visit,
)
from specimens.services.kit_lots import Lot
from specimens.services.signature import Pen
from specimens.services.study import protocol_of

#: A story runs until the instant (ms, UTC) that it yields, and goes on when the demonstration's clock is there.
Story = Generator[int, None, None]

MINUTE = 60_000
ROOMS = ("Clinic, treatment room 1", "Clinic, treatment room 2")
_OPERATORS = {
    "lymph_node": ("Dr. R. Haak, radiologist", "14G core needle"),
    "synovium": ("Dr. E. Blom, rheumatologist", "retrograde forceps, ultrasound guided"),
}


@dataclass(slots=True)
class Course:
    """What is to become of one participant, and what was made of it so far."""

    number: int
    begins_on: date
    draw: random.Random
    failing: str | None = None
    ends_with: str | None = None
    code: str = ""
    zero: date = date.min
    visits: dict[str, str] = field(default_factory=dict)

    @property
    def room(self) -> str:
        """The treatment room in which this participant is seen."""
        return ROOMS[self.number % 2]


def at(day: date, hour: int, minute: int = 0) -> int:
    """Return the instant (ms, UTC) of a local time at the demonstration's site."""
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


def weekday(day: date) -> date:
    """Return the day, or the Monday after a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def answers(
    protocol: Protocol, draw: random.Random, group: str, *, failing: str | None = None
) -> dict[str, Mapping[str, str]]:
    """Return form answers that pass every criterion, or all but the one that is to fail."""
    joints = [option.code for option in protocol.criterion("I2").options]  # type: ignore[union-attr]
    active = draw.sample(joints, 2)
    numbers = {"I3": draw.randint(6, 16), "I4": draw.randint(22, 68), "E3": draw.randint(60, 110)}
    told: dict[str, Mapping[str, str]] = {}
    for criterion in protocol.criteria:
        match criterion.kind:
            case "number":
                told[criterion.code] = {"value": str(numbers.get(criterion.code, 10))}
            case "choices":
                chosen = active if criterion.code == "I2" else [criterion.options[0].code]
                told[criterion.code] = {f"option_{code}": "1" for code in chosen}
            case "choice":
                option = next(each for each in criterion.options if each.group == group)
                told[criterion.code] = {"value": option.code}
            case "yes_no":
                passes, fails = ("yes", "no") if criterion.passes_when else ("no", "yes")
                told[criterion.code] = {"value": fails if criterion.code == failing else passes}
            case _:
                told[criterion.code] = {"never": "1"}
    return told


def screen(ground: Ground, course: Course) -> Story:
    """Register, consent, judge, confirm, enrol: a participant's first days."""
    day, draw = course.begins_on, course.draw
    nora, ivo = ground.at("nora", course.room), ground.actors["ivo"]
    protocol = protocol_of(nora.study)
    yield at(day, 9, draw.randint(0, 20))
    course.code = participant.register(nora, f"BEL-{course.number:03d}").code
    version = protocol.consent_required_on(day)
    assert version is not None  # noqa: S101 - the trial has a consent from before its first participant
    scopes = tuple(scope for scope in version.scopes if scope != "sharing" or draw.random() < 0.7)
    yield at(day, 9, 55)
    consent.record(
        nora, course.code, version=version.code, scopes=scopes, signed_at=at(day, 9, 40),
        obtained_by="Ivo Smit", original="Investigator site file, binder 3",
    )  # fmt: skip
    group = "A" if course.number % 2 else "B"
    course.zero = weekday(day + timedelta(days=draw.randint(12, 20)))
    yield at(day, 10, 30)
    told = answers(protocol, draw, group, failing=course.failing)
    eligibility.answer(nora, course.code, told, day0_planned_on=course.zero)
    if course.failing:
        yield at(day, 11)
        participant.change_course(nora, course.code, "screen_failed", reason=f"criterion {course.failing}")
        return
    yield at(weekday(day + timedelta(days=2)), 11, 10)
    given = consent.history(ivo, course.code)[-1]
    consent.check(ivo, course.code, seq=given.seq, pen=Pen(PASSWORD))
    yield clock.now_ms() + 5 * MINUTE
    eligibility.confirm(ivo, course.code, pen=Pen(PASSWORD))
    yield at(weekday(day + timedelta(days=2)), 11, 30)
    eligibility.enrol(nora, course.code, day0_planned_on=course.zero)


def collect(
    ground: Ground,
    course: Course,
    timepoint: str,
    day: date,
    *,
    then: Callable[[Kit], None],
    reason: str | None = None,
) -> Story:
    """Open a visit and collect its kits, one after another, with believable yields and misses.

    *then* is told of each kit as soon as it is finished; *reason* is why the visit is out of its window.
    """
    nora, draw = ground.at("nora", course.room), course.draw
    minute = at(day, 8, 30 + draw.randint(0, 20))
    yield minute
    opening = visit.open_visit(nora, course.code, timepoint, reason=reason)
    course.visits[timepoint] = opening.visit.code
    for planned in opening.kits:
        minute += draw.randint(8, 20) * MINUTE
        yield minute
        yield from _kit(nora, planned, ground.strays, draw)
        then(planned)
        minute = clock.now_ms() + MINUTE
    yield minute + 5 * MINUTE
    visit.confirm(nora, opening.visit.code)


def labelled(actor: Actor, source: str, code: str) -> None:
    """Print the labels of a kit or a batch and scan each back."""
    found = label.label_set(actor, source, code)
    for stock in ("roll_50", "roll_33"):
        try:
            printed = label.print_set(actor, found, label_stock.Choice(stock, 300))
        except Refused:  # nothing of this set is printed on that stock
            continue
        for tube in printed.codes:
            label.confirm(actor, source, code, tube, None)


def _kit(nora: Actor, planned: Kit, strays: list[str], draw: random.Random) -> Story:
    labelled(nora, "kit", planned.code)
    while kit.open_at(nora.station) is not None:  # the room is still in use
        yield clock.now_ms() + 10 * MINUTE
    kit.open_kit(nora, planned.code)
    yield clock.now_ms() + 40_000
    kit.attest_identity(nora, planned.code)
    view = kit.get(nora, planned.code)
    if view.tissue:
        yield clock.now_ms() + draw.randint(12, 30) * MINUTE
        _procedure(nora, view, draw)
        view = kit.get(nora, planned.code)
    for tube in view.outstanding:
        yield clock.now_ms() + draw.randint(35, 150) * 1000
        if planned.procedure == "blood" and draw.random() < 0.02:
            collection.not_collected(nora, planned.code, tube.code, None, reason="no_vein")
        else:
            collection.collect(nora, planned.code, tube.code, None)
            _slip(nora, planned, tube.code, strays, draw)
    yield clock.now_ms() + 30_000
    if not view.tissue and (lots := _lots(view)):
        kit_lots.record(nora, planned.code, lots)
    kit.finish(nora, planned.code)


def _slip(nora: Actor, planned: Kit, code: str, strays: list[str], draw: random.Random) -> None:
    """Now and then scan what is wrong: the same tube twice, a bottle of something, a tube of somebody else."""
    chance = draw.random()
    if chance < 0.02:
        collection.collect(nora, planned.code, code, None)
    elif chance < 0.03:
        collection.collect(nora, planned.code, "8711700123456", None)
    elif chance < 0.04 and strays:
        collection.collect(nora, planned.code, draw.choice(strays), None)
    if len(strays) < 40:
        strays.append(code)


def _procedure(nora: Actor, view: kit.KitView, draw: random.Random) -> None:
    operator, device = _OPERATORS[view.kit.procedure]
    target = view.protocol.procedure(view.kit.procedure).target_pieces or 1
    body_site, side = draw.choice(view.expected or view.places)
    kit.record_procedure(
        nora, view.kit.code, body_site=body_site, side=side, device=device, performed_by=operator,
        pieces=max(0, target - draw.choice((0, 0, 0, 0, 1, 1, 2, 3, target - 2))), lots=_lots(view),
    )  # fmt: skip


def _lots(view: kit.KitView) -> list[Lot]:
    """Return what stands on the containers: every quarter of a year there is a new lot of each, good for a year."""
    day = clock.today(ZONE)
    quarter = (day.month + 2) // 3
    return [
        Lot(code, f"{code[:3].upper()} {day:%y}{quarter}07", f"{day.year + 1}-{quarter * 3:02d}")
        for code in kit_lots.wanting(view.protocol, view.specimens)
    ]
