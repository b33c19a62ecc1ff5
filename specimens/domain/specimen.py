"""A specimen: one container with a number of pieces, and everything its entries say about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from specimens.domain import custody
from specimens.domain.changed import changed
from specimens.domain.entry import Entry
from specimens.domain.terms import Flag, Hold, Status

#: The fact of a collection that says after how many minutes the piece lay in the medium of its container, the most that
#: it can be, and the moment that follows from it: `in_medium` is that one, until an act of that name says another.
TO_MEDIUM = "minutes_to_medium"
MOST_TO_MEDIUM = 1440
WHEN_TAKEN = "in_medium_when_taken"
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Specimen:
    """A specimen, primary (`level` 0) or derivative.

    `custodian_kind`/`custodian` name who holds it, `held_site` the site of that custodian, `bound_site` the site
    to which an open transfer addresses it. `place`/`position` are a storage unit and a well. `parents` pairs a
    parent's code with the volume in microlitres taken from it (0 where none was measured). `moments` maps an act
    to the instant (ms, UTC) when it first happened: clocks and SPREC read it. `status_before` is what a recall
    of its release goes back to.
    """

    code: str
    study: str
    site: str
    participant: str
    visit: str
    kit: str | None
    timepoint: str
    procedure: str
    slot: str
    attempt: int
    protocol_version: str
    specimen_type: str
    container: str
    level: int = 0
    derivative: str | None = None
    number: int = 1
    status: str = Status.PLANNED
    status_before: str | None = None
    custodian_kind: str | None = None
    custodian: str | None = None
    held_site: str | None = None
    bound_site: str | None = None
    place: str | None = None
    position: str | None = None
    transfer: str | None = None
    batch: str | None = None
    holds: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    ended_reason: str | None = None
    pieces: int | None = None
    body_site: str | None = None
    side: str | None = None
    volume_ul: int | None = None
    label_generation: int = 0
    label_live: bool = False
    thaws: int = 0
    collected_at: int | None = None
    collected_by: str | None = None
    parents: tuple[tuple[str, int], ...] = ()
    moments: Mapping[str, int] = field(default_factory=dict)

    @property
    def label_retired(self) -> bool:
        """Say whether a label was printed again and not scanned back: the old one no longer counts, nor yet the new."""
        return self.label_generation > 1 and not self.label_live


def _with(values: tuple[str, ...], *more: str) -> tuple[str, ...]:
    return tuple(sorted({*values, *(str(each) for each in more)}))


def _without(values: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(each for each in values if each != gone)


#: Acts that put a hold on a specimen, and those that take it off.
_HOLDS = {
    "quarantined": Hold.QUARANTINE,
    "temperature_excursion": Hold.EXCURSION,
    "consent_hold": Hold.CONSENT,
}
_LIFTS = {
    "released_from_quarantine": Hold.QUARANTINE,
    "excursion_decided": Hold.EXCURSION,
    "consent_hold_lifted": Hold.CONSENT,
}


def _moments(state: Specimen, entry: Entry) -> Mapping[str, int]:
    """Keep when each act first happened. A stop on the way to its place is not yet `stored`: the clocks run on."""
    act = entry.act
    if act in ("stored", "moved"):
        names = ["stored_on_the_way"] if entry.facts.get("on_the_way") else ["stored", act]
        return {**dict.fromkeys(names, entry.happened_at), **state.moments}
    return state.moments if act in state.moments else {**state.moments, act: entry.happened_at}


def _taken(state: Specimen, entry: Entry) -> Mapping[str, int]:
    """Return the moments after a collection. A container that was filled before holds its piece from then on: its
    medium is reached `minutes_to_medium` later, unless somebody recorded that as an act of its own."""
    moments = {**state.moments, "collected": entry.happened_at}
    minutes = entry.facts.get(TO_MEDIUM)
    if minutes is not None and "in_medium" not in moments:
        moments["in_medium"] = moments[WHEN_TAKEN] = entry.happened_at + minutes * _MINUTE_MS
    return moments


def after(state: Specimen, entry: Entry) -> Specimen:
    """What an act does to a specimen: the table's status and custodian, then holds, flags, volume, times."""
    return changed(state, implied(state, entry))


def implied(state: Specimen, entry: Entry) -> dict[str, Any]:
    """Return the fields that an act changes beyond those that its facts name, with their new values."""
    act = entry.act
    new = _ALWAYS[act].copy()
    new["moments"] = _moments(state, entry)
    if act in _HOLDS:
        new["holds"] = _with(state.holds, _HOLDS[act])
    if act in _LIFTS:
        new["holds"] = _without(state.holds, _LIFTS[act])
    if not _MARKS.isdisjoint(entry.facts):
        _mark(state, entry.facts, new)
    if act in _BY_STATE:
        _BY_STATE[act](state, entry, new)
    return new


def _always(act: str) -> dict[str, Any]:
    """Return what an act sets in every specimen, by the table alone."""
    rule = custody.RULES[act]
    new: dict[str, Any] = {}
    if rule.after is not None:
        new["status"] = rule.after
    if rule.ends_transfer:
        new |= {"transfer": None, "bound_site": None}
    if (act != "stored" and rule.leaves_place) or rule.after in custody.ENDS:
        new |= {"place": None, "position": None}
    if rule.after in custody.NOBODY_HOLDS:
        new |= {"custodian_kind": None, "custodian": None, "held_site": None}
    if act in ("label_confirmed", "label_retired"):
        new["label_live"] = act == "label_confirmed"
    return new


_ALWAYS: dict[str, dict[str, Any]] = {act: _always(act) for act in custody.RULES}
#: Facts that put marks on a specimen or take them off, whatever the act.
_MARKS = frozenset({"add_flags", "remove_flags", "add_holds"})


def _mark(state: Specimen, facts: Mapping[str, Any], new: dict[str, Any]) -> None:
    if "add_flags" in facts:
        new["flags"] = _with(state.flags, *facts["add_flags"])
    if "remove_flags" in facts:
        kept = new.get("flags", state.flags)
        new["flags"] = tuple(flag for flag in kept if flag not in facts["remove_flags"])
    if "add_holds" in facts:
        new["holds"] = _with(state.holds, *facts["add_holds"])


def _label_printed(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    new |= {"label_generation": entry.facts["generation"], "label_live": False}


def _collected(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    if state.status != Status.PLANNED:
        # An act that only catches up with what already happened (a tube received before it was logged as
        # collected) leaves the specimen where it is by now.
        del new["status"]
    new |= {
        "collected_at": entry.happened_at,
        "collected_by": entry.performed_by or entry.actor["user"],
        "moments": _taken(state, entry),
    }


def _into_medium(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    if WHEN_TAKEN in state.moments and state.moments["in_medium"] == state.moments[WHEN_TAKEN]:
        new["moments"] = {**state.moments, "in_medium": entry.happened_at}


def _released(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    if entry.act == "released" or state.status != Status.RELEASED:
        new["status_before"] = state.status


def _back(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    new["status"] = state.status_before or Status.COLLECTED


def _ended(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    new["ended_reason"] = entry.reason
    if entry.act in ("used_up", "pooled"):
        new["volume_ul"] = 0 if state.volume_ul is not None else None


def _volume(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    if state.volume_ul is not None:
        facts = entry.facts
        more = facts["returned_ul"] if entry.act == "volume_returned" else -facts.get("used_ul", 0)
        new["volume_ul"] = state.volume_ul + more


def _thawed(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    new["thaws"] = state.thaws + 1


def _deviation(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    new["flags"] = _with(new.get("flags", state.flags), Flag.DEVIATION)


def _evaluated(state: Specimen, entry: Entry, new: dict[str, Any]) -> None:
    if entry.facts.get("evaluable") is False:
        new["flags"] = _with(state.flags, Flag.NOT_EVALUABLE)


#: What acts do that depends on how the specimen is, or on what the entry says.
_BY_STATE: dict[str, Callable[[Specimen, Entry, dict[str, Any]], None]] = {
    **{act: _ended for act, rule in custody.RULES.items() if rule.after in custody.ENDS},
    "label_printed": _label_printed,
    "collected": _collected,
    "in_medium": _into_medium,
    "released": _released,
    "deposited": _released,
    "recalled": _back,
    "declined": _back,
    "volume_used": _volume,
    "used": _volume,
    "volume_returned": _volume,
    "thawed": _thawed,
    "accepted_with_deviation": _deviation,
    "evaluated": _evaluated,
}
