"""Running clocks: for tubes at the bench, which limit of the protocol runs out next, and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from specimens.domain.clocks import ClockState, moments_of, read_clock
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_base import Text
from specimens.domain.protocol_plan import ClockRule
from specimens.domain.specimen import Specimen
from specimens.models.base import db
from specimens.models.specimen import SpecimenParent, SpecimenRow
from specimens.services.hands import specimens_in
from specimens.services.study import protocol_of

_MINUTE_MS = 60_000
_GENERATIONS = 6
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Running:
    """The most urgent clock of a tube. `left_minutes` is below zero when the limit has passed.

    `text` says the limit in words, `deadline_at` is its last instant (ms, UTC); `not_before_at` stands while it is
    still too early for the act `to_event`.
    """

    code: str
    text: Text
    to_event: str
    deadline_at: int
    left_minutes: int
    not_before_at: int | None = None


def running(specimens: Iterable[Specimen], now: int) -> dict[str, Running]:
    """Return specimen → its most urgent running clock; those without one are left out.

    Until its children are made, a tube answers for the clocks that they will have.
    """
    known = list(specimens)
    made = _made_from([each.code for each in known])
    before = _ancestors(known)
    protocols: dict[tuple[str, str], Protocol] = {}
    found: dict[str, Running] = {}
    for each in known:
        version = (each.study, each.protocol_version)
        if version not in protocols:
            protocols[version] = protocol_of(*version)
        moments = moments_of(each.moments, before.get(each.code, []))
        rules = _rules(protocols[version], each, made.get(each.code, set()))
        if urgent := _urgent(rules, moments, now):
            found[each.code] = urgent
    return found


def _rules(protocol: Protocol, specimen: Specimen, made: set[str]) -> list[ClockRule]:
    own = (
        protocol.slot(specimen.slot).clocks
        if specimen.derivative is None
        else protocol.derivative(specimen.derivative).clocks
    )
    codes = list(own)
    if specimen.derivative is None:
        for derivative in protocol.derivatives_of(specimen.slot, specimen.timepoint):
            if derivative.code not in made:
                codes.extend(derivative.clocks)
    return [protocol.clock(code) for code in dict.fromkeys(codes)]


def _urgent(rules: Iterable[ClockRule], moments: Mapping[str, int], now: int) -> Running | None:
    found: list[Running] = []
    for rule in rules:
        clock = read_clock(rule, moments, now)
        if clock.state is ClockState.NOT_STARTED or clock.stopped or clock.deadline_at is None:
            continue
        left = (clock.deadline_at - now) // _MINUTE_MS
        early = clock.earliest_at if clock.earliest_at is not None and clock.earliest_at > now else None
        found.append(Running(rule.code, rule.text, rule.to_event, clock.deadline_at, left, early))
    return min(found, key=lambda each: each.deadline_at, default=None)


def _made_from(codes: list[str]) -> dict[str, set[str]]:
    """Return parent → the derivatives that were made from it."""
    made: dict[str, set[str]] = {}
    for start in range(0, len(codes), _PAGE):
        rows = db.session.execute(
            select(SpecimenParent.parent, SpecimenRow.derivative)
            .join(SpecimenRow, SpecimenRow.code == SpecimenParent.child)
            .where(SpecimenParent.parent.in_(codes[start : start + _PAGE]))
        )
        for parent, derivative in rows:
            made.setdefault(parent, set()).add(derivative or "")
    return made


def _ancestors(specimens: list[Specimen]) -> dict[str, list[Mapping[str, int]]]:
    """Return specimen → the moments of everything it was made from."""
    parents = {each.code: [parent for parent, _ in each.parents] for each in specimens if each.parents}
    known: dict[str, Specimen] = {}
    wave = {code for some in parents.values() for code in some}
    for _ in range(_GENERATIONS):
        if not wave:
            break
        new = specimens_in(db.session, sorted(wave))
        known |= new
        wave = {parent for each in new.values() for parent, _ in each.parents} - set(known)
    found: dict[str, list[Mapping[str, int]]] = {}
    for code, some in parents.items():
        line, seen = list(some), set()
        while line:
            parent = line.pop()
            if parent in seen or parent not in known:
                continue
            seen.add(parent)
            found.setdefault(code, []).append(known[parent].moments)
            line.extend(grandparent for grandparent, _ in known[parent].parents)
    return found
