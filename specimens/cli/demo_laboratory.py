"""The laboratory's part of the demonstration: hand-over, receipt, and what goes wrong on the way."""

from collections.abc import Callable

from specimens.cli.demo_base import PASSWORD, Ground
from specimens.cli.demo_bench import process
from specimens.cli.demo_clinic import MINUTE, Course, Story
from specimens.domain.access import Actor
from specimens.domain.kit import Kit
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Status
from specimens.services import (
    clock,
    consent,
    decision,
    disposal,
    handover,
    receipt,
    second_party,
    transfer,
    unlisted,
)
from specimens.services.signature import Pen

BENCH = "Laboratory bench"

#: (participant's number, timepoint, slot) → what receipt finds: an outcome and a reject code.
FINDINGS = {
    (3, "BL", "LN_OCT"): ("quarantined", "RM"),
    (9, "W4", "EDTA"): ("rejected", "RC"),
    (7, "BL", "SYN_RNA"): ("accepted_with_deviation", "TEMP"),
    (2, "W12", "HEP"): ("accepted_with_deviation", "QS"),
}
#: A tube that is on the list and turns up two hours later.
STRAGGLER = (10, "BL", "SST")
#: Cores that are carried over before anybody has clicked.
CARRIED_OVER = (12, "BL", "lymph_node")
#: Kits that wait: released and not received, received and not processed.
NOT_RECEIVED = (14, "W4", "blood")
NOT_PROCESSED = (13, "W4", "blood")
#: Blood that a courier without an account takes along, signing with a one-time code.
BY_COURIER = (11, "W4", "blood")
#: Blood that lies on the bench for hours before it is spun.
LATE = (5, "BL", "blood")


def work(ground: Ground, course: Course, timepoint: str, taken: Kit, start: Callable[[Story], None]) -> Story:
    """Hand over and receive what a kit brought; *start* is told of each story of what is made of it."""
    nora, mei = ground.at("nora", course.room), ground.at("mei", BENCH)
    yield clock.now_ms() + 2 * MINUTE
    ready = transfer.releasable(nora, taken.code)
    if not ready:
        return
    if (course.number, timepoint, taken.procedure) == CARRIED_OVER:
        yield clock.now_ms() + 6 * MINUTE
        for tube in ready:
            unlisted.receive_without_release(mei, tube.code)
            yield clock.now_ms() + 8000
    else:
        by_courier = (course.number, timepoint, taken.procedure) == BY_COURIER
        released = transfer.release_kit(
            nora, taken.code, "station", ground.stations[BENCH], count=len(ready),
            transport="courier" if by_courier else "by_hand", seal="S-204 711" if by_courier else "",
            temperature="room" if taken.procedure == "blood" else "cold",
        ).code  # fmt: skip
        if by_courier:
            yield from _handed_over(nora, released)
        if (course.number, timepoint, taken.procedure) == NOT_RECEIVED:
            return
        yield from _receive(ground, mei, course, timepoint, released, ready)
    if (course.number, timepoint, taken.procedure) == NOT_PROCESSED:
        return
    if (course.number, timepoint, taken.procedure) == LATE:
        yield clock.now_ms() + 185 * MINUTE
    for story in process(ground, mei, course, timepoint, taken):
        start(story)


def _handed_over(nora: Actor, released: str) -> Story:
    """Let somebody without an account sign for the list with a one-time code, on the nurse's screen."""
    _, code = handover.offer(nora, released)
    yield clock.now_ms() + 2 * MINUTE
    second_party.sign(
        released, code, name="Jan de Boer", organisation="City Couriers", decision="all", address="127.0.0.1"
    )
    yield clock.now_ms() + 25 * MINUTE


def _receive(
    ground: Ground, mei: Actor, course: Course, timepoint: str, released: str, ready: tuple[Specimen, ...]
) -> Story:
    draw = course.draw
    cold = transfer.transfer_now(released).temperature == "cold"
    yield clock.now_ms() + draw.randint(6, 16) * MINUTE // (
        2 if cold else 1
    )  # tissue is carried by hand, at once
    tenths = draw.randint(31, 62) if cold else draw.randint(195, 228)
    receipt.open_receipt(mei, released, condition="intact", temperature_tenths_c=tenths)
    missing = []
    found = dict(FINDINGS)
    for tube in ready:
        yield clock.now_ms() + draw.randint(3, 9) * 1000
        if (course.number, timepoint, tube.slot) == STRAGGLER:
            missing.append(tube.code)
            continue
        outcome, reason = found.pop((course.number, timepoint, tube.slot), ("accepted", ""))
        receipt.receive(mei, released, tube.code, outcome=outcome, reason=reason)
    if missing:
        receipt.report_missing(mei, released, missing)
    yield clock.now_ms() + 20_000
    receipt.close(mei, released)
    for code in missing:
        yield clock.now_ms() + 25 * MINUTE
        receipt.receive(mei, released, code)


def destroy(ground: Ground, participant: str, most: int = 5) -> Story:
    """Carry out what a participant who withdrew asked for: the investigator orders it, a colleague is the witness."""
    ivo, mei = ground.actors["ivo"], ground.at("mei", BENCH)
    yield clock.now_ms() + 3 * 60 * MINUTE
    waiting = [each.code for each in consent.for_decision(ivo, participant) if each.status == Status.STORED][
        :most
    ]
    for code in waiting:
        yield clock.now_ms() + MINUTE
        decision.decide(ivo, code, "destroy", decision.reasons(ivo, "destroy")[0], pen=Pen(PASSWORD))
    yield clock.now_ms() + 20 * 60 * MINUTE
    for code in waiting:
        yield clock.now_ms() + 2 * MINUTE
        disposal.destroy(mei, code, pen=Pen(PASSWORD), witness="sam", witness_pen=Pen(PASSWORD))
