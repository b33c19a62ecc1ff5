"""The laboratory's bench in the demonstration: spinning, pooling, children, freezing, storing."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from specimens.cli.demo_base import ZONE, Ground
from specimens.cli.demo_clinic import MINUTE, Course, Story, at, labelled
from specimens.domain.access import Actor
from specimens.domain.errors import Refused
from specimens.domain.kit import Kit
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Status
from specimens.services import clock, derivative, kit, participant, pooling, processing, storage
from specimens.services.derivative import Yield
from specimens.services.scan import specimen_now
from specimens.services.study import protocol_of

_HOUR = 60 * MINUTE
_ROOM = 210
#: Formalin is given so long at least, counted from the bedside; PAXgene stands at −20 °C for so long.
_FIXED_FOR = 17 * _HOUR
_AT_MINUS20 = 24 * _HOUR
#: Containers that stand in a box with wells; everything else lies in a drawer.
_VIALS = "cryovial"
#: What is frozen within half an hour comes first.
_AT_ONCE = ("LN_OCT", "LN_CRYO", "SYN_CRYO", "SYN_OCT")
#: A serum that turns out haemolysed, and the grade.
_HAEMOLYSED = (2, "W4")


def process(ground: Ground, mei: Actor, course: Course, timepoint: str, taken: Kit) -> Iterator[Story]:
    """Process and store what was received of a kit: a story per slot, for nothing waits until a culture has grown."""
    slots: dict[str, list[Specimen]] = {}
    for tube in kit.specimens_of(taken.code):
        if tube.status == Status.RECEIVED:
            slots.setdefault(tube.slot, []).append(tube)
    for number, (slot, tubes) in enumerate(sorted(slots.items(), key=lambda each: each[0] not in _AT_ONCE)):
        wait = (2 * number + course.draw.randint(1, 3)) * MINUTE
        yield _until_held(_slot(ground, mei, course, timepoint, slot, tubes, wait))


def _until_held(story: Story) -> Story:
    """Tell a story as far as consent goes: once it is withdrawn, nobody works on the tubes any more."""
    try:
        yield from story
    except Refused as refused:
        if refused.code != "on_hold":
            raise


def _slot(
    ground: Ground, mei: Actor, course: Course, timepoint: str, slot: str, tubes: list[Specimen], wait: int
) -> Story:
    protocol = protocol_of(mei.study)
    yield clock.now_ms() + wait
    match slot:
        case "SST" | "EDTA":
            yield from _spun(ground, mei, course, protocol, timepoint, slot, tubes)
        case "HEP":
            yield from _pooled(ground, mei, course, tubes)
        case "LN_FLOW":
            yield from _suspended(ground, mei, course, tubes)
        case "LN_FFPE" | "SYN_FFPE":
            yield from _embedded(ground, mei, protocol, timepoint, slot, tubes)
        case "LN_STROMA":
            yield from _cultured(ground, mei, course, tubes)
        case _:
            yield from _kept(ground, mei, protocol, slot, tubes)


def _batch(mei: Actor, name: str, tubes: Sequence[Specimen]) -> str:
    code = processing.open_batch(mei, name).code
    for tube in tubes:
        joined = processing.join(mei, code, tube.code)
        if not joined.saved:
            raise Refused(joined.code, **joined.facts)
    return code


def _morning(days: int = 1) -> int:
    """Return half past eight on a morning to come (ms, UTC)."""
    return at(clock.local(clock.now_ms(), ZONE).date() + timedelta(days=days), 8, 30)


def _cultured(ground: Ground, mei: Actor, course: Course, tubes: list[Specimen]) -> Story:
    """Stromal cells grow for some weeks and are frozen at the second passage."""
    batch = _batch(mei, "Stromal cells", tubes)
    yield clock.now_ms() + MINUTE
    processing.record_step(mei, batch, "culture_started", {})
    yield _morning(23) + 2 * _HOUR
    cells = course.draw.randint(2, 6) * 500_000
    processing.record_step(
        mei,
        batch,
        "counted",
        {"cells": cells, "viability_percent": course.draw.randint(85, 97), "passage": 2},
    )
    yield clock.now_ms() + 20 * MINUTE
    yields = [Yield(tubes[0].code, 2, 1000)]
    children = derivative.derive(mei, "ln_stroma", yields, batch=batch, used_up=True)
    yield from _frozen(mei, batch, children)
    yield _morning()
    yield from _stored(ground, mei, "ln2_vapour", _VIALS, children)


def _frozen(mei: Actor, batch: str, children: Sequence[Specimen]) -> Story:
    """Label the children, freeze them, close the batch."""
    labelled(mei, "batch", batch)
    yield clock.now_ms() + 3 * MINUTE
    codes = [child.code for child in children]
    processing.record_step(mei, batch, "frozen", {"temperature_tenths_c": -800}, specimens=codes)
    processing.close_batch(mei, batch)


def _spun(
    ground: Ground,
    mei: Actor,
    course: Course,
    protocol: Protocol,
    timepoint: str,
    slot: str,
    tubes: list[Specimen],
) -> Story:
    collected = max(tube.collected_at or 0 for tube in tubes)
    yield max(clock.now_ms(), collected + (36 if slot == "SST" else 12) * MINUTE)
    batch = _batch(mei, "Serum" if slot == "SST" else "Plasma", tubes)
    processing.record_step(
        mei, batch, "spun", {"force_g": 2000, "temperature_tenths_c": _ROOM, "minutes": 10, "brake": True}
    )
    yield clock.now_ms() + 12 * MINUTE
    if slot == "SST" and (course.number, timepoint) == _HAEMOLYSED:
        processing.record_step(mei, batch, "haemolysis", {"haemolysis_grade": 2})
    consented = participant.now(course.code).consent_scopes
    makings = [
        planned
        for planned in protocol.derivatives_of(slot, timepoint)
        if not planned.scope or planned.scope in consented
    ]
    made: list[Specimen] = []
    for number, planned in enumerate(makings, start=1):
        yield clock.now_ms() + 4 * MINUTE
        count = planned.count if planned.count == 1 or course.draw.random() < 0.8 else planned.count - 1
        made += derivative.derive(
            mei, planned.code, [Yield(tubes[0].code, count, planned.volume_ul)], batch=batch,
            used_up=number == len(makings),
        )  # fmt: skip
    yield from _frozen(mei, batch, made)
    yield from _stored(ground, mei, "minus80", _VIALS, made)


def _pooled(ground: Ground, mei: Actor, course: Course, tubes: list[Specimen]) -> Story:
    batch = _batch(mei, "PBMC", tubes)
    processing.record_step(
        mei, batch, "spun", {"force_g": 800, "temperature_tenths_c": _ROOM, "minutes": 25, "brake": False}
    )
    yield clock.now_ms() + 40 * MINUTE
    pooled = pooling.pool(mei, batch, [tube.code for tube in tubes], volume_ul=8000)
    yield clock.now_ms() + 15 * MINUTE
    vials = course.draw.randint(2, 6)
    processing.record_step(
        mei, batch, "counted",
        {"cells": vials * 7_000_000, "viability_percent": course.draw.randint(88, 98), "cells_per_vial": 7_000_000},
        specimens=[pooled.code],
    )  # fmt: skip
    yield clock.now_ms() + 12 * MINUTE
    children = derivative.derive(mei, "pbmc", [Yield(pooled.code, vials, 1000)], batch=batch, used_up=True)
    yield from _frozen(mei, batch, children)
    yield _morning()
    yield from _stored(ground, mei, "ln2_vapour", _VIALS, children)


def _suspended(ground: Ground, mei: Actor, course: Course, tubes: list[Specimen]) -> Story:
    batch = _batch(mei, "Lymph node cells", tubes)
    processing.record_step(mei, batch, "culture_started", {})
    yield clock.now_ms() + 70 * MINUTE
    yields = [Yield(tubes[0].code, course.draw.randint(1, 3), 1000)]
    children = derivative.derive(mei, "ln_cells", yields, batch=batch, used_up=True)
    yield from _frozen(mei, batch, children)
    yield _morning()
    yield from _stored(ground, mei, "ln2_vapour", _VIALS, children)


def _embedded(
    ground: Ground, mei: Actor, protocol: Protocol, timepoint: str, slot: str, tubes: list[Specimen]
) -> Story:
    yield max(_morning(), max(tube.moments["in_medium"] for tube in tubes) + _FIXED_FOR)
    batch = _batch(mei, "Paraffin", tubes)
    processing.record_step(mei, batch, "fixation_ended", {})
    yield clock.now_ms() + 3 * _HOUR
    processing.record_step(mei, batch, "embedded", {})
    planned = protocol.derivatives_of(slot, timepoint)[0]
    children = derivative.derive(mei, planned.code, [Yield(tubes[0].code, 1)], batch=batch, used_up=True)
    labelled(mei, "batch", batch)
    processing.close_batch(mei, batch)
    yield clock.now_ms() + 30 * MINUTE
    yield from _stored(ground, mei, planned.storage, planned.container, children)


def _kept(ground: Ground, mei: Actor, protocol: Protocol, slot: str, tubes: list[Specimen]) -> Story:
    """Store the containers themselves: frozen at once, or after a night (RNAlater: in the refrigerator)."""
    planned = protocol.slot(slot)
    if slot in ("PAX", "LN_RNA", "SYN_RNA"):
        yield _morning()
    batch = _batch(mei, planned.label, tubes)
    frozen_at, tenths = clock.now_ms(), -200 if slot == "PAX" else -800
    processing.record_step(mei, batch, "frozen", {"temperature_tenths_c": tenths})
    processing.close_batch(mei, batch)
    if slot == "PAX":  # upright at −20 °C for a day, before it goes where it is kept
        for tube in tubes:
            yield clock.now_ms() + 7000
            storage.put(mei, ground.places["minus20"], tube.code, reason="on_the_way")
        yield frozen_at + _AT_MINUS20 + 5 * MINUTE
    if planned.storage == "ln2_vapour":
        yield _morning()
    yield from _stored(ground, mei, planned.storage or "minus80", planned.container, tubes)


def _stored(ground: Ground, mei: Actor, temperature: str, container: str, tubes: Sequence[Specimen]) -> Story:
    for tube in tubes:
        yield clock.now_ms() + 7000
        if specimen_now(tube.code).status in (Status.DESTROYED, Status.REJECTED):
            continue
        if _VIALS in container and temperature in ground.boxes:
            storage.put(mei, ground.next_box(temperature), tube.code)
        else:
            storage.put(mei, ground.places[temperature], tube.code)
