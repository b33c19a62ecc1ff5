"""Lineage: what a specimen was made from, what happened to it there, and how its clocks stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from specimens.domain.clocks import Clock, ClockState, clocks_of, moments_of, read_clock
from specimens.domain.entry import Entry
from specimens.domain.fold import effective
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_base import Text
from specimens.domain.protocol_plan import ClockRule
from specimens.domain.specimen import Specimen
from specimens.domain.sprec import History, Spin, sprec
from specimens.domain.terms import ENDED, Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenParent
from specimens.services.entries import entries_of
from specimens.services.hands import specimens_in
from specimens.services.study import protocol_of

_MINUTE_MS = 60_000
_MINUS80 = range(-900, -599)  # tenths of a degree Celsius


def ancestors(session: Session, specimens: Iterable[Specimen]) -> dict[str, Specimen]:
    """Return the specimens and everything that they were made from, by code, whoever may see them."""
    known = {each.code: each for each in specimens}
    while wanted := {code for each in known.values() for code, _ in each.parents} - known.keys():
        found = specimens_in(session, sorted(wanted))
        if not found:
            break
        known |= found
    return known


def line_of(specimen: Specimen, known: Mapping[str, Specimen]) -> list[Specimen]:
    """Return the specimens above one, oldest generation first."""
    above: dict[str, Specimen] = {}
    for code, _ in specimen.parents:
        if parent := known.get(code):
            above |= {each.code: each for each in [*line_of(parent, known), parent]}
    return sorted(above.values(), key=lambda each: (each.level, each.code))


@dataclass(frozen=True, slots=True)
class TubeClock:
    """A clock of a specimen: its text, how it stands, and whether it is that of a child still to be made."""

    specimen: str
    text: Text
    clock: Clock
    of_child: str | None = None

    def minutes_left(self, now: int) -> int | None:
        """Return how many whole minutes are left; negative when it is over; None without a limit."""
        at = self.clock.deadline_at
        return None if at is None else (at - now) // _MINUTE_MS


def clocks(
    protocol: Protocol, specimen: Specimen, known: Mapping[str, Specimen], now: int, made: Iterable[str] = ()
) -> tuple[TubeClock, ...]:
    """Return how the clocks of a specimen stand at *now* (ms, UTC).

    A tube that is still to be divided carries the clocks of the children that the plan expects, except of those
    derivatives that are already *made*.
    """
    above = [each.moments for each in line_of(specimen, known)]

    def read(
        rule: ClockRule, moments: Mapping[str, int], over: Sequence[Mapping[str, int]], of: str | None
    ) -> TubeClock:
        return TubeClock(specimen.code, rule.text, read_clock(rule, moments, now, over), of)

    own = clocks_of(protocol, specimen.slot, specimen.derivative)
    found = [read(rule, specimen.moments, above, None) for rule in own]
    if specimen.derivative is None and specimen.status not in ENDED:
        expected = protocol.derivatives_of(specimen.slot, specimen.timepoint)
        seen: set[str] = set()
        for child in expected:
            for rule in clocks_of(protocol, specimen.slot, child.code):
                # a stop that is still to come counts from the tube; one that only a child can start does not run yet
                if child.code not in made and rule.code not in seen:
                    seen.add(rule.code)
                    found.append(read(rule, {}, [*above, specimen.moments], child.code))
    return tuple(each for each in found if each.clock.state is not ClockState.NOT_STARTED)


def urgency(held: Sequence[TubeClock]) -> TubeClock | None:
    """Return the clock that matters most: running ones by their deadline, then what was broken; None without any."""
    running = [each for each in held if not each.clock.stopped and each.clock.deadline_at is not None]
    if running:
        return min(running, key=lambda each: each.clock.deadline_at or 0)
    return next((each for each in held if each.clock.state is ClockState.BREACHED), None)


def history_of(specimen: Specimen, known: Mapping[str, Specimen]) -> History:
    """Return what was recorded of a specimen and its parents, as SPREC reads it."""
    line = [*line_of(specimen, known), specimen]
    entries = {each.code: effective(entries_of(db.session(), Kind.SPECIMEN, each.code)) for each in line}
    spins = _spins(line, entries)
    facts = [entry.facts for each in line for entry in entries[each.code]]
    kept = [said["kept_tenths_c"] for said in facts if said.get("kept_tenths_c") is not None]
    after = [said["kept_after_tenths_c"] for said in facts if said.get("kept_after_tenths_c") is not None]
    own = entries[specimen.code]
    return History(
        moments=moments_of(specimen.moments, [each.moments for each in line[:-1]]),
        container=line[0].container,
        spins=spins,
        # what was never spun has one temperature: that until it was frozen
        kept_tenths_c=kept[0] if kept else after[-1] if after and not spins else None,
        kept_after_tenths_c=after[-1] if after else None,
        storage=_storage(own) if specimen.place else None,
        through_minus80=_through_minus80(own, protocol_of(specimen.study, specimen.protocol_version)),
    )


def _spins(line: Iterable[Specimen], entries: Mapping[str, list[Entry]]) -> tuple[Spin, ...]:
    """Return the spins, one generation after the other; of parents spun apart, those of the first count."""
    spins: list[Spin] = []
    for _, generation in groupby(line, key=lambda each: each.level):
        of_each = [[entry for entry in entries[each.code] if entry.act == "spun"] for each in generation]
        spun = min((each for each in of_each if each), key=lambda each: each[0].happened_at, default=[])
        spins.extend(_spin(entry) for entry in spun)
    return tuple(spins)


def _spin(entry: Entry) -> Spin:
    minutes = entry.facts.get("minutes")
    return Spin(
        started_at=entry.happened_at,
        stopped_at=None if minutes is None else entry.happened_at + minutes * _MINUTE_MS,
        force_g=entry.facts.get("force_g"),
        temperature_tenths_c=entry.facts.get("temperature_tenths_c"),
        brake=entry.facts.get("brake"),
    )


def _storage(entries: Iterable[Entry]) -> str | None:
    stored = [each.facts.get("unit_temperature") for each in entries if each.act in ("stored", "moved")]
    return stored[-1] if stored else None


def _through_minus80(entries: Iterable[Entry], protocol: Protocol) -> bool | None:
    """Say whether it was frozen at −80 °C or lay there; None where nobody recorded how it was frozen."""
    cold = {
        each.code for each in protocol.storage_temperatures
        if each.lowest_tenths_c >= _MINUS80[0] and each.highest_tenths_c <= _MINUS80[-1]
    }  # fmt: skip
    known: bool | None = None
    for entry in entries:
        if entry.act == "frozen" and (tenths := entry.facts.get("temperature_tenths_c")) is not None:
            known = bool(known) or tenths in _MINUS80
        if entry.act in ("stored", "moved") and entry.facts.get("unit_temperature") in cold:
            known = True
    return known


def sprec_of(specimen: Specimen, known: Mapping[str, Specimen] | None = None) -> str | None:
    """Return the SPREC code of a specimen, computed from what was recorded; None where the protocol plans none."""
    if specimen.level and specimen.derivative is None:
        return None  # a pool is a step on the way, not something that is kept
    known = known or ancestors(db.session(), [specimen])
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    return sprec(protocol, history_of(specimen, known), specimen.slot, specimen.derivative)


def children(code: str) -> list[Specimen]:
    """Return everything that was made from a specimen, and from that, nearest first, whoever may see it."""
    found: list[str] = []
    wave = [code]
    while wave:
        rows = db.session.execute(
            select(SpecimenParent.child).where(SpecimenParent.parent.in_(wave)).order_by(SpecimenParent.id)
        ).scalars()
        wave = [child for child in dict.fromkeys(rows) if child not in found]
        found.extend(wave)
    known = specimens_in(db.session, found)
    return [known[each] for each in found]
