"""SPREC: how a specimen was treated before it was stored, in seven elements, computed from recorded times.

Nobody types a SPREC code. What was not recorded is `X` (`XXX`), what has no letter is `Z` (`ZZZ`). The letters are
those of version 3 (ISBER Biospecimen Science Working Group); the version belongs beside every printed code.
Bands include their lower bound: exactly 2 h is `C`. The last bound of a table belongs to the band below it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from specimens.domain.protocol_base import Event
from specimens.domain.protocol_plan import FluidSprec, SolidSprec, StorageTemperature
from specimens.domain.protocol_study import Protocol

VERSION = "3.0"

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_ROOM = range(180, 281)  # tenths of a degree Celsius
_COLD = range(20, 101)
_WARM = range(350, 381)

#: Upper bounds in hours, and the letters for room temperature and 2–10 °C.
_BEFORE_SPIN = ((2, "AB"), (4, "CD"), (8, "EF"), (12, "GH"), (24, "IJ"), (48, "KL"))
_AFTER_BEFORE_SPIN = "MN"
#: Upper bounds in hours, and the letters for 2–10 °C and room temperature, in that order.
_AFTER_SPIN = ((1, "AB"), (2, "CD"), (8, "EF"), (24, "GH"))
_AFTER_AFTER_SPIN = "IJ"
#: Upper bounds in minutes.
_ISCHAEMIA = ((2, "A"), (10, "B"), (20, "C"), (30, "D"), (60, "E"))
_FIXED = ((15, "A"), (60, "B"), (240, "C"), (480, "D"), (1440, "E"), (2880, "F"), (4320, "G"))


@dataclass(frozen=True, slots=True)
class Spin:
    """One centrifugation as recorded: instants in ms UTC, force in g, tenths of a degree; None: not recorded."""

    started_at: int | None = None
    stopped_at: int | None = None
    force_g: int | None = None
    temperature_tenths_c: int | None = None
    brake: bool | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What was recorded of a specimen and its parents.

    `moments` are instants by act, those of its parents included (`clocks.moments_of`). `container` is the code of
    the container that was really used for the collection. `kept_tenths_c` is the temperature between collection
    and the first spin, `kept_after_tenths_c` that between the spin and freezing. `storage` is the code of the
    storage temperature where it lies now, None while it is not stored.
    """

    moments: Mapping[str, int]
    container: str
    spins: tuple[Spin, ...] = ()
    kept_tenths_c: int | None = None
    kept_after_tenths_c: int | None = None
    storage: str | None = None
    through_minus80: bool | None = None


def sprec(protocol: Protocol, history: History, slot: str, derivative: str | None = None) -> str | None:
    """Return the SPREC code of a collected specimen, or of a derivative; None where the protocol plans none."""
    planned = protocol.slot(slot)
    made = None if derivative is None else protocol.derivative(derivative)
    rule = planned.sprec if made is None else made.sprec
    if rule is None:
        return None
    kind = protocol.specimen_type((made or planned).specimen_type).sprec
    vessel = protocol.container(history.container if made is None else made.container).vessel
    primary = made is None and isinstance(rule, FluidSprec)
    stored = None if history.storage is None else protocol.storage_temperature(history.storage)
    storage = "Y" if primary and stored else storage_letter(vessel, stored, history.through_minus80)
    if isinstance(rule, FluidSprec):
        tube = protocol.container(history.container).sprec or "ZZZ"
        return "-".join([kind, tube, *_fluid(rule, history), storage])
    return "-".join([kind, *_solid(rule, history), storage])


def _fluid(rule: FluidSprec, history: History) -> tuple[str, str, str, str]:
    spins = history.spins[: rule.spins]
    first = spins[0].started_at if spins else history.moments.get(Event.SPUN)
    until = history.moments.get(Event.FROZEN)
    before = before_spin(
        _elapsed(history.moments.get(Event.COLLECTED), first if rule.spins else until), history.kept_tenths_c
    )
    letters = [centrifugation(spin) for spin in spins] + ["X"] * (rule.spins - len(spins))
    letters += ["N"] * (2 - len(letters))
    if not rule.spins:
        return before, letters[0], letters[1], "N"
    last = spins[-1].stopped_at if len(spins) == rule.spins else None
    return before, letters[0], letters[1], after_spin(_elapsed(last, until), history.kept_after_tenths_c)


def _solid(rule: SolidSprec, history: History) -> tuple[str, str, str, str, str]:
    collected = history.moments.get(Event.COLLECTED)
    cold = ischaemia(_elapsed(collected, history.moments.get(rule.cold_until)))
    fixed = "N"
    if rule.fixed_until is not None:
        fixed = fixation_time(
            _elapsed(history.moments.get(Event.IN_MEDIUM), history.moments.get(rule.fixed_until))
        )
    # A needle takes a piece whose blood supply is intact until that moment: no warm ischaemia.
    return rule.collection, "N", cold, rule.fixation, fixed


def _elapsed(start: int | None, end: int | None) -> int | None:
    """Milliseconds from *start* to *end*; None when either is not recorded, or they are the wrong way round."""
    return None if start is None or end is None or end < start else end - start


def _band(elapsed: int, bands: tuple[tuple[int, str], ...], unit_ms: int, beyond: str) -> str:
    for bound, letters in bands:
        if elapsed < bound * unit_ms:
            return letters
    last, letters = bands[-1]
    return letters if elapsed == last * unit_ms else beyond


def before_spin(elapsed: int | None, kept_tenths_c: int | None) -> str:
    """Return the letter for the time (ms) and temperature between collection and the first spin."""
    if elapsed is None or kept_tenths_c is None:
        return "X"
    if kept_tenths_c in _WARM:
        return "O" if elapsed < 2 * _HOUR_MS else "Z"
    letters = _band(elapsed, _BEFORE_SPIN, _HOUR_MS, _AFTER_BEFORE_SPIN)
    return letters[0] if kept_tenths_c in _ROOM else letters[1] if kept_tenths_c in _COLD else "Z"


def after_spin(elapsed: int | None, kept_tenths_c: int | None) -> str:
    """Return the letter for the time (ms) and temperature between the last spin and freezing."""
    if elapsed is None or kept_tenths_c is None:
        return "X"
    letters = _band(elapsed, _AFTER_SPIN, _HOUR_MS, _AFTER_AFTER_SPIN)
    return letters[0] if kept_tenths_c in _COLD else letters[1] if kept_tenths_c in _ROOM else "Z"


def centrifugation(spin: Spin) -> str:
    """Return the letter for one spin; its minutes are rounded, its temperature is the set one."""
    elapsed = _elapsed(spin.started_at, spin.stopped_at)
    if elapsed is None or spin.force_g is None or spin.temperature_tenths_c is None:
        return "X"
    minutes = (elapsed + _MINUTE_MS // 2) // _MINUTE_MS
    room, cold = spin.temperature_tenths_c in _ROOM, spin.temperature_tenths_c in _COLD
    if not (room or cold):
        return "Z"
    if minutes == 30 and spin.force_g < 1000 and room:
        return "X" if spin.brake is None else "Z" if spin.brake else "M"
    if not 10 <= minutes <= 15:
        return "Z"
    if spin.force_g < 3000:
        return "X" if spin.brake is None else ("AB" if room else "CD")[spin.brake]
    fast = "EF" if spin.force_g < 6000 else "GH" if spin.force_g <= 10000 else "IJ"
    return fast[cold]


def ischaemia(elapsed: int | None) -> str:
    """Return the letter for a time (ms) without blood supply."""
    return "X" if elapsed is None else _band(elapsed, _ISCHAEMIA, _MINUTE_MS, "F")


def fixation_time(elapsed: int | None) -> str:
    """Return the letter for a time (ms) in fixative; exactly one hour is still `B`, beyond 72 h has no letter."""
    if elapsed is None:
        return "X"
    return "B" if elapsed == 60 * _MINUTE_MS else _band(elapsed, _FIXED, _MINUTE_MS, "Z")


def storage_letter(vessel: str, stored: StorageTemperature | None, through_minus80: bool | None) -> str:
    """Return the letter for how it is kept: in which vessel, how cold, and for nitrogen whether by way of −80 °C."""
    if stored is None:
        return "X"
    if vessel == "cassette":
        return "P"
    at_minus80 = stored.highest_tenths_c <= -600 and stored.lowest_tenths_c >= -900
    nitrogen = stored.highest_tenths_c <= -1350
    if vessel == "cryovial" and nitrogen:
        return "X" if through_minus80 is None else "N" if through_minus80 else "C"
    if vessel == "cryovial" and at_minus80:
        return "D"
    if vessel == "tube" and at_minus80:
        return "A"
    return "Z"
