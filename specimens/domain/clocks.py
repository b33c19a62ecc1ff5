"""How long something took, or is taking, and whether that is within the limits of the protocol.

Instants are milliseconds since 1970, UTC, by the name of the act: what `Specimen.moments` holds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from specimens.domain.protocol_base import Text
from specimens.domain.protocol_plan import ClockRule
from specimens.domain.protocol_study import Protocol

_MINUTE_MS = 60_000


class ClockState(StrEnum):
    """How a clock stands."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    MET = "met"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock of one specimen at one moment.

    `deadline_at` is the last instant that is still in time, `earliest_at` the first that is not too early.
    `elapsed_minutes` counts whole minutes, rounded away from the limit that was broken. `over_minutes` is how
    many minutes too late it was (or is by now), `under_minutes` how many too early; both are 0 within the limits.
    `stopped` says whether the second act has happened.
    """

    code: str
    state: ClockState
    stopped: bool
    started_at: int | None = None
    stopped_at: int | None = None
    elapsed_minutes: int | None = None
    earliest_at: int | None = None
    deadline_at: int | None = None
    over_minutes: int = 0
    under_minutes: int = 0


def clocks_of(protocol: Protocol, slot: str, derivative: str | None = None) -> tuple[ClockRule, ...]:
    """Return the clocks of a planned collection, or of a derivative made from it."""
    codes = protocol.slot(slot).clocks if derivative is None else protocol.derivative(derivative).clocks
    return tuple(protocol.clock(code) for code in codes)


def moments_of(own: Mapping[str, int], parents: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add to a derivative's own moments those of its parents; of several parents the earliest counts."""
    merged: dict[str, int] = {}
    for parent in parents:
        for act, at in parent.items():
            merged[act] = min(at, merged.get(act, at))
    return merged | dict(own)


def read_clock(
    rule: ClockRule,
    moments: Mapping[str, int],
    now: int,
    parents: Iterable[Mapping[str, int]] = (),
) -> Clock:
    """Return how a clock stands at the instant *now*. A limit counts as kept when it is reached exactly.

    A derivative's clock may start with an act on its parents (the first of them); it stops with an act on itself.
    """
    started = moments_of(moments, parents).get(rule.from_event)
    stopped = moments.get(rule.to_event)
    if started is None:
        return Clock(rule.code, ClockState.NOT_STARTED, stopped is not None, stopped_at=stopped)
    earliest = None if rule.min_minutes is None else started + rule.min_minutes * _MINUTE_MS
    deadline = None if rule.max_minutes is None else started + rule.max_minutes * _MINUTE_MS
    at = now if stopped is None else stopped
    over = 0 if deadline is None else -(-max(0, at - deadline) // _MINUTE_MS)
    under = 0 if earliest is None or stopped is None else -(-max(0, earliest - stopped) // _MINUTE_MS)
    elapsed = -((started - at) // _MINUTE_MS) if over else (at - started) // _MINUTE_MS
    broken = over or under or (stopped is not None and stopped < started)
    running = ClockState.RUNNING if stopped is None else ClockState.MET
    state = ClockState.BREACHED if broken else running
    return Clock(
        rule.code, state, stopped is not None, started, stopped, elapsed, earliest, deadline, over, under
    )


def read_clocks(
    rules: Iterable[ClockRule],
    moments: Mapping[str, int],
    now: int,
    parents: Iterable[Mapping[str, int]] = (),
) -> tuple[Clock, ...]:
    """Return how each clock stands at the instant *now*, in the protocol's order."""
    known = tuple(parents)
    return tuple(read_clock(rule, moments, now, known) for rule in rules)


@dataclass(frozen=True, slots=True)
class Breach:
    """What the sentence about a broken limit says. `kind`: `late`, `still_late`, `early`, `disordered`. In minutes."""

    clock: str
    kind: str
    text: Text
    elapsed_minutes: int
    limit_minutes: int
    off_minutes: int
    deviation: str


def breach(rule: ClockRule, clock: Clock) -> Breach | None:
    """Return what is to be said about a broken limit; None when none is broken."""
    elapsed = clock.elapsed_minutes or 0
    if clock.stopped and elapsed < 0:
        return Breach(rule.code, "disordered", rule.text, elapsed, 0, -elapsed, rule.deviation)
    if clock.over_minutes:
        kind, limit, off = ("late" if clock.stopped else "still_late"), rule.max_minutes, clock.over_minutes
    elif clock.under_minutes:
        kind, limit, off = "early", rule.min_minutes, clock.under_minutes
    else:
        return None
    return Breach(rule.code, kind, rule.text, elapsed, limit or 0, off, rule.deviation)


_SENTENCES = {
    "disordered": {
        "en": "{text} Its end is recorded {off} before its start: correct one of the times.",
        "nl": "{text} Het einde is {off} vóór het begin geregistreerd: verbeter een van de tijden.",
    },
    "late": {
        "en": "{text} It took {elapsed}: {off} too long.",
        "nl": "{text} Het duurde {elapsed}: {off} te lang.",
    },
    "still_late": {
        "en": "{text} It has taken {elapsed} so far: {off} too long.",
        "nl": "{text} Het duurt nu {elapsed}: {off} te lang.",
    },
    "early": {
        "en": "{text} It took {elapsed}: {off} too short.",
        "nl": "{text} Het duurde {elapsed}: {off} te kort.",
    },
}


def breach_sentence(said: Breach, language: str) -> str:
    """Say in *language* (`nl`; anything else is English) which limit was broken, and by how much."""
    tongue = "nl" if language.lower().startswith("nl") else "en"
    elapsed, off = duration(said.elapsed_minutes, tongue), duration(said.off_minutes, tongue)
    return _SENTENCES[said.kind][tongue].format(text=said.text.said(tongue), elapsed=elapsed, off=off)


def duration(minutes: int, language: str) -> str:
    """Write minutes as `45 min` or `1 d 2 h 5 min`; in Dutch hours are `uur`."""
    hour = "uur" if language.lower().startswith("nl") else "h"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d"] * bool(days) + [f"{hours} {hour}"] * bool(hours)
    if rest or not parts:
        parts.append(f"{rest} min")
    return " ".join(parts)
