"""The table of custody acts, as data, and the one question that is asked of it: may this act happen?

`docs/custody.md` and its diagram are generated from `RULES`; tests walk the table at random against the rows of
the database. A rule answers; it never raises and never looks anything up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from specimens.domain.terms import ENDED, Hold, Role, Status

if TYPE_CHECKING:
    from specimens.domain.access import Actor
    from specimens.domain.specimen import Specimen

_S = Status
_R = Role

ENDS = ENDED
#: In these states nobody holds the specimen any more (or yet), as far as the system knows.
NOBODY_HOLDS = frozenset(ENDED | {_S.PLANNED, _S.MISSING, _S.SHIPPED}) - {_S.REJECTED}

#: How far in the future a clock may be before a time is refused, and how long ago a typed time may lie.
FUTURE_TOLERANCE_MS = 2 * 60 * 1000
OLDEST_TYPED_MS = 400 * 24 * 60 * 60 * 1000


class Need(StrEnum):
    """What an act cannot do without."""

    REASON = "reason"
    WITNESS = "witness"
    SECOND_PARTY = "second_party"  # somebody other than the one who released it
    POSITION = "position"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    `before` are the states it may start from (empty: the specimen does not exist yet), `after` the state it leads
    to (None: unchanged), `held` the holds that forbid it, `holder_only` that only the custodian, or somebody of
    the custodian's site for a station, may do it.
    """

    before: frozenset[Status]
    after: Status | None
    roles: frozenset[Role]
    needs: frozenset[Need] = frozenset()
    held: frozenset[Hold] = frozenset()
    ends_transfer: bool = False
    leaves_place: bool = False
    in_transfer: bool | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act may not happen: a stable code, and the facts its sentence names."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def _s(*states: Status) -> frozenset[Status]:
    return frozenset(states)


_CLINIC = frozenset({_R.NURSE, _R.INVESTIGATOR})
_LAB = frozenset({_R.TECHNICIAN})
_BENCH = _CLINIC | _LAB
_CARRIERS = _BENCH | {_R.COURIER}
_TAKERS = _CARRIERS | {_R.OUTSIDE}
_IN_HAND = _s(_S.COLLECTED, _S.RECEIVED, _S.IN_PROCESSING, _S.RETRIEVED)
_AT_LAB = _s(_S.RECEIVED, _S.IN_PROCESSING, _S.RETRIEVED)
_MOVING = _s(_S.RELEASED, _S.IN_TRANSIT, _S.DELIVERED)
_ALIVE = frozenset(Status) - ENDED
_REASON = frozenset({Need.REASON})
_NO_USE = frozenset({Hold.QUARANTINE, Hold.CONSENT, Hold.EXCURSION})
_NO_WORK = frozenset({Hold.CONSENT})

#: Act → its rule. The order is the order of a specimen's life.
RULES: dict[str, Rule] = {
    "planned": Rule(_s(), _S.PLANNED, _CLINIC, text="the visit was opened and the plan calls for it"),
    "added": Rule(_s(), _S.PLANNED, _CLINIC, _REASON, text="an extra tube beyond the plan"),
    "label_printed": Rule(_ALIVE, None, _BENCH, text="a label of a new generation came out of a printer"),
    "label_confirmed": Rule(_ALIVE, None, _BENCH, text="the printed label was scanned back"),
    "label_retired": Rule(_ALIVE, None, _BENCH, _REASON, text="a label of an earlier generation no longer counts"),
    "identified_by_position": Rule(
        _s(_S.STORED, _S.RETRIEVED), None, _LAB, frozenset({Need.REASON, Need.WITNESS, Need.POSITION}),
        text="its label could not be read; two people knew it by the well that it lies in, or was just taken from",
    ),
    "cap_printed": Rule(_ALIVE, None, _BENCH, text="a dot with the code came out of a printer, for the cap"),
    "voided": Rule(_s(_S.PLANNED), _S.VOIDED, _CLINIC, _REASON, text="a label that stays unused"),
    "collected": Rule(
        _s(_S.PLANNED, _S.RECEIVED, _S.IN_PROCESSING, _S.STORED), _S.COLLECTED, _CLINIC, held=_NO_WORK,
        text="taken from the participant; after a receipt without release it only fills in the clinic's part",
    ),
    "not_collected": Rule(_s(_S.PLANNED), _S.NOT_COLLECTED, _CLINIC, _REASON, text="the plan called for it, and it was not taken"),
    "carried": Rule(_IN_HAND, None, _CARRIERS, in_transfer=False, text="its custodian carried it herself; that is no transfer"),
    "packed": Rule(_IN_HAND, None, _BENCH, held=_NO_WORK, in_transfer=False, text="put on a transfer list by scanning it"),
    "unpacked": Rule(_IN_HAND, None, _BENCH, in_transfer=True, ends_transfer=True, text="taken off the list again"),
    "released": Rule(
        _IN_HAND, _S.RELEASED, _BENCH, held=_NO_WORK, in_transfer=True, leaves_place=True,
        text="handed over; the releaser answers for it until somebody accepts",
    ),
    "recalled": Rule(_s(_S.RELEASED, _S.DELIVERED), None, _BENCH, _REASON, in_transfer=True, ends_transfer=True, text="the releaser takes it back"),
    "declined": Rule(_s(_S.RELEASED, _S.DELIVERED), None, _TAKERS, _REASON, in_transfer=True, ends_transfer=True, text="whoever was to take it does not; it stays with the releaser"),
    "deposited": Rule(_s(_S.RELEASED), _S.DELIVERED, _CARRIERS, in_transfer=True, text="left in a named place with nobody at the bench"),
    "picked_up": Rule(_s(_S.RELEASED, _S.DELIVERED), _S.IN_TRANSIT, _TAKERS, in_transfer=True, text="a courier has it, or somebody outside who signed for it"),
    "delivered": Rule(_s(_S.IN_TRANSIT), _S.DELIVERED, _CARRIERS, in_transfer=True, text="the courier left it at its destination"),
    "accepted": Rule(
        _MOVING | {_S.MISSING}, _S.RECEIVED, _LAB | {_R.NURSE}, frozenset({Need.SECOND_PARTY}), in_transfer=True, ends_transfer=True,
        text="scanned against the list and taken",
    ),
    "accepted_with_deviation": Rule(
        _MOVING | {_S.MISSING}, _S.RECEIVED, _LAB | {_R.NURSE}, frozenset({Need.SECOND_PARTY, Need.REASON}), in_transfer=True,
        ends_transfer=True, text="taken although something is not as it should be",
    ),
    "received_without_release": Rule(
        _s(_S.PLANNED, _S.COLLECTED), _S.RECEIVED, _LAB, ends_transfer=True,
        text="carried over before anybody clicked; the clinic's entries become open items",
    ),
    "duplicate_found": Rule(_s(), _S.RECEIVED, _BENCH, _REASON, text="it bore the label of another tube; it got an identifier of its own, and is in no plan"),
    "received_extra": Rule(_MOVING | _IN_HAND, _S.RECEIVED, _LAB, _REASON, ends_transfer=True, text="came with a list it was not on"),
    "linked": Rule(_s(_S.RECEIVED), None, _LAB | _CLINIC, _REASON, text="an extra tube was matched to where it belongs"),
    "quarantined": Rule(
        _ALIVE - {_S.PLANNED, _S.SHIPPED}, None, _BENCH, _REASON, text="set aside until somebody decides",
    ),
    "received_in_quarantine": Rule(
        _MOVING | {_S.MISSING}, _S.RECEIVED, _LAB, frozenset({Need.SECOND_PARTY, Need.REASON}), in_transfer=True, ends_transfer=True,
        text="taken in and set aside at once: a mislabelled biopsy is never thrown away",
    ),
    "released_from_quarantine": Rule(_ALIVE, None, frozenset({_R.INVESTIGATOR}), _REASON, text="the investigator decided"),
    "rejected": Rule(
        _MOVING | {_S.RECEIVED, _S.IN_PROCESSING}, _S.REJECTED, _LAB, _REASON, ends_transfer=True,
        text="cannot be used; the site is told to redraw; a clot may only show after the spin",
    ),
    "reported_missing": Rule(_MOVING | {_S.STORED, _S.RETRIEVED, _S.RECEIVED}, _S.MISSING, _BENCH, _REASON, leaves_place=True, text="on the list, not there"),
    "found": Rule(_s(_S.MISSING, _S.LOST), _S.RECEIVED, _LAB, _REASON, ends_transfer=True, text="turned up again"),
    "lost": Rule(_s(_S.MISSING), _S.LOST, _LAB | {_R.INVESTIGATOR}, _REASON, ends_transfer=True, text="given up after a search"),
    "joined": Rule(_AT_LAB, None, _LAB, held=_NO_WORK, text="put into a processing batch by scanning it"),
    "spun": Rule(_AT_LAB, _S.IN_PROCESSING, _LAB, held=_NO_WORK, text="centrifuged"),
    "culture_started": Rule(_AT_LAB, _S.IN_PROCESSING, _LAB, held=_NO_WORK, text="put into culture or digestion"),
    "in_medium": Rule(_IN_HAND, None, _BENCH, text="went into its medium or fixative; what goes into a filled container lies in it from its collection on"),
    "fixation_ended": Rule(_AT_LAB, _S.IN_PROCESSING, _LAB, held=_NO_WORK, text="taken out of the fixative"),
    "embedded": Rule(_AT_LAB, _S.IN_PROCESSING, _LAB, held=_NO_WORK, text="embedded in paraffin or OCT"),
    "frozen": Rule(_AT_LAB | {_S.COLLECTED}, None, _BENCH, held=_NO_WORK, text="frozen"),
    "counted": Rule(_AT_LAB, _S.IN_PROCESSING, _LAB, held=_NO_WORK, text="cells counted, viability or haemolysis read"),
    "pooled": Rule(_AT_LAB, _S.POOLED, _LAB, held=_NO_WORK, text="poured together with its like; it lives on in its child"),
    "derived": Rule(_s(), _S.IN_PROCESSING, _LAB, text="a child was made from its parents"),
    "volume_used": Rule(_AT_LAB | {_S.STORED}, None, _LAB, held=_NO_WORK, text="some of it went into a child"),
    "yielded_nothing": Rule(_AT_LAB, None, _LAB, _REASON, _NO_WORK, text="a planned child could not be made: there was nothing for it"),
    "never_made": Rule(
        _s(_S.IN_PROCESSING), _S.VOIDED, _LAB, _REASON,
        text="recorded as made by mistake; its label stays unused and its volume goes back to its parent",
    ),
    "volume_returned": Rule(_AT_LAB | {_S.STORED}, None, _LAB, text="a child of it was never made: its volume is still here"),
    "evaluated": Rule(_AT_LAB | {_S.STORED, _S.USED_UP}, None, _LAB | {_R.INVESTIGATOR}, text="histology or flow says whether it can be judged"),
    "used": Rule(_AT_LAB, None, _LAB, held=_NO_USE, text="some of it was used, for a purpose"),
    "used_up": Rule(_AT_LAB, _S.USED_UP, _LAB, held=_NO_USE, leaves_place=True, text="nothing is left"),
    "stored": Rule(_AT_LAB, _S.STORED, _LAB, frozenset({Need.POSITION}), text="put into a well or a place of storage"),
    "moved": Rule(_s(_S.STORED), None, _LAB, frozenset({Need.POSITION}), text="put into another well"),
    "retrieved": Rule(_s(_S.STORED), _S.RETRIEVED, _LAB, _REASON, leaves_place=True, text="taken out of storage"),
    "thawed": Rule(_s(_S.RETRIEVED, _S.RECEIVED, _S.IN_PROCESSING), None, _LAB, held=_NO_WORK, text="thawed; each thaw is counted"),
    "shipped": Rule(_AT_LAB | {_S.STORED}, _S.SHIPPED, _LAB, _REASON, _NO_USE, leaves_place=True, text="left for another institution"),
    "returned": Rule(_s(_S.SHIPPED), _S.RECEIVED, _LAB, text="came back from another institution"),
    "temperature_excursion": Rule(_ALIVE, None, _LAB | {_R.SYSTEM}, _REASON, text="its place was too warm or too cold"),
    "excursion_decided": Rule(_ALIVE, None, frozenset({_R.INVESTIGATOR}), _REASON, text="the investigator judged the excursion"),
    "destruction_ordered": Rule(_ALIVE - {_S.PLANNED}, None, frozenset({_R.INVESTIGATOR}), _REASON, text="the investigator decided that it is to be destroyed"),
    "consent_hold": Rule(_ALIVE, None, _CLINIC | {_R.SYSTEM}, text="consent was withdrawn or has to be renewed"),
    "consent_hold_lifted": Rule(_ALIVE, None, _CLINIC, text="consent is valid again"),
    "destroyed": Rule(
        _ALIVE - _MOVING - {_S.PLANNED, _S.MISSING, _S.SHIPPED}, _S.DESTROYED, _LAB, frozenset({Need.REASON, Need.WITNESS}), leaves_place=True,
        text="destroyed in front of a witness",
    ),
    "flagged": Rule(frozenset(Status), None, _BENCH, _REASON, text="something that stays true of it became known"),
    "reassigned": Rule(_ALIVE, None, _CLINIC, frozenset({Need.REASON, Need.WITNESS}), text="belongs to another visit than the one it was logged for"),
}  # fmt: skip

#: States a child may be made from, and those in which a parent may still give volume.
PARENT_STATES = _AT_LAB


def may(
    act: str,
    specimen: "Specimen | None",
    actor: "Actor",
    now: int,
    *,
    happened_at: int | None = None,
    reason: str | None = None,
    witness: str | None = None,
    released_by: str | None = None,
    transfer: str | None = None,
    position: str | None = None,
    used_ul: int = 0,
) -> Refusal | None:
    """Answer nothing when *act* may happen to *specimen* now, or the refusal.

    Instants are milliseconds, UTC; what waited on a device happened when it was scanned. *released_by* is the person who released the transfer at receipt.
    """
    rule = RULES[act]
    if actor.role not in rule.roles:
        return Refusal("role_may_not", {"act": act, "role": str(actor.role)})
    when = now if happened_at is None else happened_at
    if actor.waited is not None:
        if not actor.waited.plausible(now):
            return Refusal("waited_too_long" if actor.waited.at < now else "time_in_future", {"act": act})
        when = actor.waited.at if happened_at is None else happened_at
    if when > now + FUTURE_TOLERANCE_MS:
        return Refusal("time_in_future", {"happened_at": when})
    if when < now - OLDEST_TYPED_MS:
        return Refusal("time_too_old", {"happened_at": when})
    if specimen is None:
        if rule.before:
            return Refusal("unknown_specimen", {})
    else:
        facts = {
            "code": specimen.code, "status": specimen.status, "act": act,
            "custodian_kind": specimen.custodian_kind, "custodian": specimen.custodian,
            "place": specimen.place, "position": specimen.position,
        }  # fmt: skip
        if specimen.status not in rule.before:
            return Refusal("already" if specimen.status == rule.after else "wrong_state", facts)
        if act == "collected" and specimen.status != Status.PLANNED and specimen.collected_at is not None:
            return Refusal("already", facts)
        for hold in specimen.holds:
            if hold in rule.held:
                return Refusal("on_hold", {**facts, "hold": hold})
        if rule.in_transfer is False and specimen.transfer:
            return Refusal("on_another_list", {**facts, "transfer": specimen.transfer})
        if rule.in_transfer and not specimen.transfer:
            return Refusal("not_on_a_list", facts)
        if rule.in_transfer and transfer and specimen.transfer != transfer:
            return Refusal("on_another_list", {**facts, "transfer": specimen.transfer})
        if specimen.volume_ul is not None and used_ul > specimen.volume_ul:
            return Refusal("volume_too_small", {**facts, "volume_ul": specimen.volume_ul, "used_ul": used_ul})
        if specimen.collected_at is not None and act != "collected" and when < specimen.collected_at:
            return Refusal("before_collection", {**facts, "collected_at": specimen.collected_at})
    if Need.REASON in rule.needs and not reason:
        return Refusal("reason_needed", {"act": act})
    if Need.WITNESS in rule.needs and (not witness or witness == actor.user):
        return Refusal("witness_needed", {"act": act})
    if Need.SECOND_PARTY in rule.needs and released_by == actor.user:
        return Refusal("own_release", {"act": act})
    if Need.POSITION in rule.needs and not position:
        return Refusal("position_needed", {"act": act})
    if used_ul < 0:
        return Refusal("volume_negative", {"used_ul": used_ul})
    return None
