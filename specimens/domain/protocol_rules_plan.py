"""What the tables of a plan must be to one another: windows, orders, pieces, limits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from specimens.domain.protocol_lines import Path
from specimens.domain.protocol_plan import (
    ActiveSite,
    Derivative,
    FluidSprec,
    Procedure,
    SameSite,
    Slot,
    Timepoint,
)
from specimens.domain.protocol_study import Protocol, at_timepoint


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that is broken: where, with which value, and what is allowed there (in English)."""

    path: Path
    code: str
    value: object
    allowed: str


def faults(protocol: Protocol) -> Iterator[Fault]:
    """Yield every broken rule of the plan: timepoints, procedures, clocks, slots, derivatives."""
    yield from _windows(protocol)
    yield from _procedures(protocol)
    yield from _limits(protocol)
    yield from _orders(protocol)
    yield from _pieces(protocol)
    yield from _sprec(protocol)


def one_of(codes: Iterable[str]) -> str:
    """Write what is allowed as a list of codes."""
    return "one of " + ", ".join(sorted(codes)) if codes else "nothing: none is defined"


def unique(path: Path, values: Sequence[object], key: str) -> Iterator[Fault]:
    """Yield a fault for each value that an earlier entry of the table has already."""
    for index, value in enumerate(values):
        if value in values[:index]:
            yield Fault((*path, index, key), "not_unique", value, "a value that no other entry here has")


def _windows(protocol: Protocol) -> Iterator[Fault]:
    scheduled = []
    for index, point in enumerate(protocol.timepoints):
        here: Path = ("timepoints", index)
        if (point.first_day is None) != (point.last_day is None):
            given = "first_day" if point.last_day is None else "last_day"
            yield Fault((*here, given), "half_a_window", None, "first_day and last_day, both or neither")
        elif point.first_day is not None and point.last_day is not None:
            scheduled.append((index, point))
            if point.first_day > point.last_day:
                yield Fault(
                    (*here, "first_day"), "out_of_order", point.first_day, f"at most {point.last_day}"
                )
            elif point.target_day is not None and not point.first_day <= point.target_day <= point.last_day:
                allowed = f"from {point.first_day} to {point.last_day}, its window"
                yield Fault((*here, "target_day"), "outside_window", point.target_day, allowed)
        elif point.target_day is not None:
            yield Fault(
                (*here, "target_day"), "no_window", point.target_day, "only with first_day and last_day"
            )
    numbers: list[object] = [point.number for point in protocol.timepoints]
    yield from unique(("timepoints",), numbers, "number")
    for at, (index, point) in enumerate(scheduled):
        for _, earlier in scheduled[:at]:
            yield from _apart(index, point, earlier)


def _apart(index: int, point: Timepoint, earlier: Timepoint) -> Iterator[Fault]:
    """A collection must fit one window at most: windows of one procedure follow each other without overlap."""
    if set(point.procedures) & set(earlier.procedures) and (point.first_day or 0) <= (earlier.last_day or 0):
        allowed = f"after day {earlier.last_day}, the last of {earlier.code}"
        yield Fault(("timepoints", index, "first_day"), "windows_overlap", point.first_day, allowed)


def _procedures(protocol: Protocol) -> Iterator[Fault]:
    points = {point.code for point in protocol.timepoints}
    criteria = {criterion.code: criterion for criterion in protocol.criteria}
    yield from unique(("procedures",), [procedure.order for procedure in protocol.procedures], "order")
    for index, procedure in enumerate(protocol.procedures):
        here: Path = ("procedures", index)
        if procedure.kind == "tissue":
            for key in ("target_pieces", "minimum_pieces", "piece"):
                if getattr(procedure, key) is None:
                    yield Fault((*here, key), "missing", None, "required for a tissue procedure")
            if (procedure.minimum_pieces or 0) > (procedure.target_pieces or 0):
                allowed = f"at most target_pieces, {procedure.target_pieces}"
                yield Fault((*here, "minimum_pieces"), "too_high", procedure.minimum_pieces, allowed)
            yield from _minimum_at(protocol, procedure)
        for place, rule in enumerate(procedure.site_rules):
            at: Path = (*here, "site_rules", place)
            if rule.timepoint not in points:
                yield Fault((*at, "timepoint"), "unknown_name", rule.timepoint, one_of(points))
            if isinstance(rule, SameSite) and rule.earlier not in points:
                yield Fault((*at, "earlier"), "unknown_name", rule.earlier, one_of(points))
            if isinstance(rule, ActiveSite):
                named = criteria.get(rule.criterion)
                if named is None or not any(option.body_site for option in getattr(named, "options", ())):
                    fitting = {
                        code
                        for code, each in criteria.items()
                        if any(option.body_site for option in getattr(each, "options", ()))
                    }
                    yield Fault((*at, "criterion"), "unknown_name", rule.criterion, one_of(fitting))


def _limits(protocol: Protocol) -> Iterator[Fault]:
    for index, clock in enumerate(protocol.clocks):
        here: Path = ("clocks", index)
        if clock.min_minutes is None and clock.max_minutes is None:
            yield Fault(here, "no_limit", None, "min_minutes, max_minutes or both")
        elif (clock.min_minutes or 0) >= (clock.max_minutes or (clock.min_minutes or 0) + 1):
            allowed = f"less than max_minutes, {clock.max_minutes}"
            yield Fault((*here, "min_minutes"), "out_of_order", clock.min_minutes, allowed)
        if clock.from_event == clock.to_event:
            yield Fault(
                (*here, "to_event"), "same_event", clock.to_event.value, "another act than from_event"
            )
    for index, kept in enumerate(protocol.storage_temperatures):
        if kept.lowest_tenths_c > kept.highest_tenths_c:
            at: Path = ("storage_temperatures", index, "lowest_tenths_c")
            yield Fault(at, "out_of_order", kept.lowest_tenths_c, f"at most {kept.highest_tenths_c}")
    for index, made in enumerate(protocol.derivatives):
        if (made.lowest_cells or 0) > (made.highest_cells or made.lowest_cells or 0):
            at = ("derivatives", index, "lowest_cells")
            yield Fault(at, "out_of_order", made.lowest_cells, f"at most highest_cells, {made.highest_cells}")
    blood = protocol.blood_volume
    if blood.per_visit_ul > blood.per_period_ul:
        at = ("blood_volume", "per_visit_ul")
        yield Fault(at, "out_of_order", blood.per_visit_ul, f"at most per_period_ul, {blood.per_period_ul}")
    names = {procedure.code for procedure in protocol.procedures}
    if any(code not in names for point in protocol.timepoints for code in point.procedures):
        return  # reported already; the plan cannot be added up
    for index, point in enumerate(protocol.timepoints):
        drawn = protocol.blood_volume_ul(point.code) if not point.optional_procedures else 0
        if drawn > blood.per_visit_ul:
            allowed = f"slots that add up to at most per_visit_ul, {blood.per_visit_ul}"
            yield Fault(("timepoints", index, "procedures"), "too_much_blood", drawn, allowed)


def _orders(protocol: Protocol) -> Iterator[Fault]:
    seen: dict[tuple[str, int], str] = {}
    for index, slot in enumerate(protocol.slots):
        taken = seen.setdefault((slot.procedure, slot.order), slot.code)
        if taken != slot.code:
            yield Fault(
                ("slots", index, "order"), "not_unique", slot.order, f"a place that {taken} does not have"
            )


def _minimum_at(protocol: Protocol, procedure: Procedure) -> Iterator[Fault]:
    """A site of the body may ask for another minimum, never for more than is aimed at."""
    for index, place in enumerate(protocol.body_sites):
        if place.code in procedure.body_sites and (place.minimum_pieces or 0) > (
            procedure.target_pieces or 0
        ):
            allowed = f"at most target_pieces of {procedure.code}, {procedure.target_pieces}"
            yield Fault(("body_sites", index, "minimum_pieces"), "too_high", place.minimum_pieces, allowed)


def _pieces(protocol: Protocol) -> Iterator[Fault]:
    kinds = {procedure.code: procedure for procedure in protocol.procedures}
    for index, slot in enumerate(protocol.slots):
        here: Path = ("slots", index)
        procedure = kinds.get(slot.procedure)
        if procedure is None:
            continue
        if procedure.kind == "blood":
            if slot.volume_ul is None:
                yield Fault((*here, "volume_ul"), "missing", None, "required for a blood slot")
            if slot.first_piece is not None or slot.last_piece is not None:
                given = "first_piece" if slot.first_piece is not None else "last_piece"
                yield Fault((*here, given), "not_for_blood", getattr(slot, given), "only in a tissue slot")
            continue
        if slot.first_piece is None or slot.last_piece is None:
            missing = "first_piece" if slot.first_piece is None else "last_piece"
            yield Fault((*here, missing), "missing", None, "required for a tissue slot")
        elif slot.first_piece > slot.last_piece:
            yield Fault(
                (*here, "first_piece"), "out_of_order", slot.first_piece, f"at most {slot.last_piece}"
            )
        elif slot.last_piece > (procedure.target_pieces or slot.last_piece):
            allowed = f"at most target_pieces of {procedure.code}, {procedure.target_pieces}"
            yield Fault((*here, "last_piece"), "too_high", slot.last_piece, allowed)
        elif (slot.last_piece - slot.first_piece + 1) % slot.count:
            pieces = slot.last_piece - slot.first_piece + 1
            yield Fault(
                (*here, "count"), "not_even", slot.count, f"a number that divides {pieces} pieces evenly"
            )
        else:
            yield from _overlapping(here, slot, protocol.slots[:index])


def _overlapping(here: Path, slot: Slot, before: Iterable[Slot]) -> Iterator[Fault]:
    for other in before:
        if other.procedure != slot.procedure or other.first_piece is None or other.last_piece is None:
            continue
        if other.timepoints and slot.timepoints and not set(other.timepoints) & set(slot.timepoints):
            continue
        if (slot.first_piece or 0) <= other.last_piece and other.first_piece <= (slot.last_piece or 0):
            allowed = f"pieces that {other.code} ({other.first_piece}–{other.last_piece}) does not take"
            yield Fault((*here, "first_piece"), "ranges_overlap", slot.first_piece, allowed)


def _sprec(protocol: Protocol) -> Iterator[Fault]:
    """A fluid's SPREC code names the tube it was drawn into, so that tube must have one."""
    containers = {container.code: container for container in protocol.containers}
    slots = {slot.code: slot for slot in protocol.slots}
    made_or_drawn: tuple[tuple[str, tuple[Slot | Derivative, ...]], ...] = (
        ("slots", protocol.slots),
        ("derivatives", protocol.derivatives),
    )
    for table, records in made_or_drawn:
        for index, record in enumerate(records):
            drawn = record if isinstance(record, Slot) else slots.get(record.slot)
            tube = containers.get(drawn.container) if drawn else None
            if isinstance(record.sprec, FluidSprec) and tube is not None and tube.sprec is None:
                allowed = f"only with sprec given for the container {tube.code}"
                yield Fault((table, index, "sprec"), "no_sprec_container", record.sprec.form, allowed)
    for index, made in enumerate(protocol.derivatives):
        slot = slots.get(made.slot)
        if slot and any(not at_timepoint(slot, code) for code in made.timepoints):
            path: Path = ("derivatives", index, "timepoints")
            yield Fault(path, "slot_not_there", made.timepoints, f"timepoints of the slot {slot.code}")
