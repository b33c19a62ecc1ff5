"""A specimen: one container with a number of pieces, and everything its entries say about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from specimens.domain import custody
from specimens.domain.changed import changed, values_of
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


def after(state: Specimen, entry: Entry) -> Specimen:
    """What an act does to a specimen: the table's status and custodian, then holds, flags, volume, times."""
    grown = growing(values_of(state))
    grow(grown, entry)
    return changed(state, grown.__dict__)


def growing(values: Mapping[str, Any]) -> SimpleNamespace:
    """Return something with the fields of a specimen, *values*, that `grow` may change."""
    state = SimpleNamespace(**values)
    state.moments = dict(state.moments)
    return state


def grow(state: SimpleNamespace, entry: Entry) -> None:
    """Change the fields of *state* (see `growing`) as an act does, beyond those that its facts name."""
    act, before = entry.act, state.status
    state.__dict__.update(_ALWAYS[act])
    if act in _PLACED:
        _placed(state, entry)
    elif act not in state.moments:
        state.moments[act] = entry.happened_at
    _mark(state, entry.facts)
    if act in _BY_STATE:
        _BY_STATE[act](state, entry, before)


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
_PLACED = frozenset({"stored", "moved"})


def _placed(state: SimpleNamespace, entry: Entry) -> None:
    """Keep when it first came to a place. A stop on the way is not yet `stored`: the clocks run on."""
    names = ["stored_on_the_way"] if entry.facts.get("on_the_way") else ["stored", entry.act]
    for name in names:
        state.moments.setdefault(name, entry.happened_at)


def _mark(state: SimpleNamespace, facts: Mapping[str, Any]) -> None:
    """Put marks on a specimen and take them off, whatever the act."""
    if more := facts.get("add_flags"):
        state.flags = _with(state.flags, *more)
    if gone := facts.get("remove_flags"):
        state.flags = tuple(flag for flag in state.flags if flag not in gone)
    if holds := facts.get("add_holds"):
        state.holds = _with(state.holds, *holds)


def _held(state: SimpleNamespace, entry: Entry, before: str) -> None:
    state.holds = _with(state.holds, _HOLDS[entry.act])


def _lifted(state: SimpleNamespace, entry: Entry, before: str) -> None:
    state.holds = _without(state.holds, _LIFTS[entry.act])


def _label_printed(state: SimpleNamespace, entry: Entry, before: str) -> None:
    state.label_generation, state.label_live = entry.facts["generation"], False


def _collected(state: SimpleNamespace, entry: Entry, before: str) -> None:
    """A container that was filled before holds its piece from then on: its medium is reached `minutes_to_medium`
    later, unless somebody recorded that as an act of its own."""
    if before != Status.PLANNED:
        # An act that only catches up with what already happened (a tube received before it was logged as
        # collected) leaves the specimen where it is by now.
        state.status = before
    state.collected_at = state.moments["collected"] = entry.happened_at
    state.collected_by = entry.performed_by or entry.actor["user"]
    minutes = entry.facts.get(TO_MEDIUM)
    if minutes is not None and "in_medium" not in state.moments:
        state.moments["in_medium"] = state.moments[WHEN_TAKEN] = entry.happened_at + minutes * _MINUTE_MS


def _into_medium(state: SimpleNamespace, entry: Entry, before: str) -> None:
    if state.moments["in_medium"] == state.moments.get(WHEN_TAKEN):
        state.moments["in_medium"] = entry.happened_at


def _released(state: SimpleNamespace, entry: Entry, before: str) -> None:
    if entry.act == "released" or before != Status.RELEASED:
        state.status_before = before


def _back(state: SimpleNamespace, entry: Entry, before: str) -> None:
    state.status = state.status_before or Status.COLLECTED


def _ended(state: SimpleNamespace, entry: Entry, before: str) -> None:
    state.ended_reason = entry.reason
    if entry.act in ("used_up", "pooled") and state.volume_ul is not None:
        state.volume_ul = 0


def _volume(state: SimpleNamespace, entry: Entry, before: str) -> None:
    if state.volume_ul is not None:
        facts = entry.facts
        state.volume_ul += (
            facts["returned_ul"] if entry.act == "volume_returned" else -facts.get("used_ul", 0)
        )


def _thawed(state: SimpleNamespace, entry: Entry, before: str) -> None:
    state.thaws += 1


def _deviation(state: SimpleNamespace, entry: Entry, before: str) -> None:
    state.flags = _with(state.flags, Flag.DEVIATION)


def _evaluated(state: SimpleNamespace, entry: Entry, before: str) -> None:
    if entry.facts.get("evaluable") is False:
        state.flags = _with(state.flags, Flag.NOT_EVALUABLE)


#: What acts do that depends on how the specimen is, and on its status before (the third), or on what the entry says.
_BY_STATE: dict[str, Callable[[SimpleNamespace, Entry, str], None]] = {
    **{act: _ended for act, rule in custody.RULES.items() if rule.after in custody.ENDS},
    **dict.fromkeys(_HOLDS, _held),
    **dict.fromkeys(_LIFTS, _lifted),
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
