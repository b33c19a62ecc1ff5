"""A specimen: one container with a number of pieces, and everything its entries say about it."""

from collections.abc import Mapping
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
    names = [entry.act]
    if entry.act in ("stored", "moved"):
        names = ["stored_on_the_way"] if entry.facts.get("on_the_way") else ["stored", entry.act]
    return {**dict.fromkeys(names, entry.happened_at), **state.moments}


def _taken(state: Specimen, entry: Entry) -> Mapping[str, int]:
    """Return the moments after a collection. A container that was filled before holds its piece from then on: its
    medium is reached `minutes_to_medium` later, unless somebody recorded that as an act of its own."""
    moments = {**state.moments, "collected": entry.happened_at}
    minutes = entry.facts.get(TO_MEDIUM)
    if minutes is not None and "in_medium" not in moments:
        moments["in_medium"] = moments[WHEN_TAKEN] = entry.happened_at + minutes * _MINUTE_MS
    return moments


def _implied_medium(moments: Mapping[str, int]) -> bool:
    return WHEN_TAKEN in moments and moments["in_medium"] == moments[WHEN_TAKEN]


def after(state: Specimen, entry: Entry) -> Specimen:
    """What an act does to a specimen: the table's status and custodian, then holds, flags, volume, times."""
    return changed(state, implied(state, entry))


def implied(state: Specimen, entry: Entry) -> dict[str, Any]:
    """Return the fields that an act changes beyond those that its facts name, with their new values."""
    rule = custody.RULES[entry.act]
    facts: Mapping[str, Any] = entry.facts
    new: dict[str, Any] = {"moments": _moments(state, entry)}

    if rule.after is not None:
        # An act that only catches up with what already happened (a tube received before it was logged as
        # collected) leaves the specimen where it is by now.
        if not (entry.act == "collected" and state.status != Status.PLANNED):
            new["status"] = rule.after
        if entry.act == "released" or (entry.act == "deposited" and state.status != Status.RELEASED):
            new["status_before"] = state.status
    elif entry.act in ("recalled", "declined"):
        new["status"] = state.status_before or Status.COLLECTED
    if rule.ends_transfer:
        new |= {"transfer": None, "bound_site": None}
    if entry.act != "stored" and rule.leaves_place:
        new |= {"place": None, "position": None}
    if rule.after in custody.ENDS:
        new |= {"ended_reason": entry.reason, "place": None, "position": None}
    if rule.after in custody.NOBODY_HOLDS:
        new |= {"custodian_kind": None, "custodian": None, "held_site": None}

    if entry.act in _HOLDS:
        new["holds"] = _with(state.holds, _HOLDS[entry.act])
    if entry.act in _LIFTS:
        new["holds"] = _without(state.holds, _LIFTS[entry.act])
    if "add_flags" in facts:
        new["flags"] = _with(state.flags, *facts["add_flags"])
    if "remove_flags" in facts:
        kept = new.get("flags", state.flags)
        new["flags"] = tuple(flag for flag in kept if flag not in facts["remove_flags"])
    if "add_holds" in facts:
        new["holds"] = _with(state.holds, *facts["add_holds"])
    if entry.act == "accepted_with_deviation":
        new["flags"] = _with(new.get("flags", state.flags), Flag.DEVIATION)

    match entry.act:
        case "label_printed":
            new |= {"label_generation": facts["generation"], "label_live": False}
        case "label_confirmed":
            new["label_live"] = True
        case "label_retired":
            new["label_live"] = False
        case "collected":
            new |= {
                "collected_at": entry.happened_at,
                "collected_by": entry.performed_by or entry.actor["user"],
            }
            new["moments"] = _taken(state, entry)
        case "in_medium" if _implied_medium(state.moments):
            new["moments"] = {**state.moments, "in_medium": entry.happened_at}
        case "volume_used" | "used":
            if state.volume_ul is not None:
                new["volume_ul"] = state.volume_ul - facts.get("used_ul", 0)
        case "volume_returned":
            if state.volume_ul is not None:
                new["volume_ul"] = state.volume_ul + facts["returned_ul"]
        case "used_up" | "pooled":
            new["volume_ul"] = 0 if state.volume_ul is not None else None
        case "thawed":
            new["thaws"] = state.thaws + 1
        case "evaluated":
            if facts.get("evaluable") is False:
                new["flags"] = _with(state.flags, Flag.NOT_EVALUABLE)
    return new
