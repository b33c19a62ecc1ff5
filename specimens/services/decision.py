"""Decisions that are the investigator's: what is in quarantine, was too warm, or is to be destroyed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, exists, select, type_coerce

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Conflict, Refused
from specimens.domain.signature import Occasion
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Flag, Hold, Kind, Status
from specimens.models.base import db
from specimens.models.participant import ParticipantRow
from specimens.models.specimen import SpecimenParent, SpecimenRow
from specimens.services import request, signature, tenancy
from specimens.services.difference import held_for, marked
from specimens.services.entries import entries_of
from specimens.services.hands import check, children_of, listed, names_of, noted, permit, tube
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.scan import specimen_now
from specimens.services.signature import Pen
from specimens.services.study import protocol_of

#: What an investigator can decide → the reasons that it can have. Destroying has those of the protocol.
DECISIONS: dict[str, tuple[str, ...]] = {
    "release": ("collector_verified", "condition_acceptable", "no_harm_to_purpose", "set_aside_by_mistake"),
    "destroy": (),
}


#: More tubes than the list shows cannot have been looked at.
MOST_TOGETHER = 200


@dataclass(frozen=True, slots=True)
class Pending:
    """A tube that waits for a decision. `kind`: quarantine, excursion, withdrawal, ordered (to be destroyed).

    `why` is the code of the reason for which it was set aside, `note` what was said about it, `by` who did it;
    `children` counts what was made from it and waits with it. Instants in ms UTC.
    """

    kind: str
    specimen: Specimen
    since: int
    age_ms: int
    why: str
    note: str
    by: str
    custodian: str
    children: int


#: Kind → the acts that say since when and why.
_ACTS: dict[str, tuple[str, ...]] = {
    "quarantine": ("quarantined", "received_in_quarantine", "received_extra", "duplicate_found", "derived"),
    "excursion": ("temperature_excursion",),
    "withdrawal": ("consent_hold",),
    "ordered": ("destruction_ordered",),
}


def pending(actor: Actor, now: int, limit: int = 200) -> dict[str, tuple[Pending, ...]]:
    """Return kind → the tubes that wait for a decision, or for it to be carried out, oldest first."""
    permit(actor, Permission.QUARANTINE_DECIDE)
    found: dict[str, tuple[Pending, ...]] = {}
    for kind in _ACTS:
        tubes = listed(tenancy.visible_specimens(actor), _waiting(kind), limit=limit)
        found[kind] = _told(kind, _heads(tubes), now)
    return found


def _waiting(kind: str) -> ColumnElement[bool]:
    alive = SpecimenRow.status.not_in([str(end) for end in ENDED | {Status.PLANNED}])
    ordered = type_coerce(SpecimenRow.moments, Text).contains('"destruction_ordered"')
    if kind == "ordered":
        return and_(alive, marked(), ordered)
    if kind == "withdrawal":
        gone = exists(
            select(ParticipantRow.id).where(
                ParticipantRow.code == SpecimenRow.participant, ParticipantRow.withdrawal == "destroy"
            )
        )
        return and_(alive, held_for(Hold.CONSENT), gone, ~ordered)
    hold = Hold.QUARANTINE if kind == "quarantine" else Hold.EXCURSION
    return and_(alive, held_for(hold), ~ordered)


def _heads(tubes: list[Specimen]) -> list[tuple[Specimen, int]]:
    """Return the tubes whose parent does not wait as well, each with how many of its children wait with it."""
    codes = {each.code for each in tubes}
    parents = {each.code: [parent for parent, _ in each.parents if parent in codes] for each in tubes}
    below: dict[str, set[str]] = {}
    for code in codes:
        line, seen = list(parents[code]), set()
        while line:
            above = line.pop()
            if above not in seen:
                seen.add(above)
                below.setdefault(above, set()).add(code)
                line.extend(parents[above])
    return [(each, len(below.get(each.code, ()))) for each in tubes if not parents[each.code]]


def _told(kind: str, heads: list[tuple[Specimen, int]], now: int) -> tuple[Pending, ...]:
    names = names_of(each.custodian for each, _ in heads)
    found = []
    for specimen, children in heads:
        last = next(
            (
                entry
                for entry in reversed(entries_of(db.session(), Kind.SPECIMEN, specimen.code))
                if entry.act in _ACTS[kind]
            ),
            None,
        )
        since = last.happened_at if last else now
        said = (last.opened.get("note") or last.opened.get("reason") or "") if last else ""
        found.append(
            Pending(
                kind,
                specimen,
                since,
                max(0, now - since),
                (last.reason if last else None) or "",
                said,
                str(last.actor["name"]) if last else "",
                names.get(specimen.custodian or "", ""),
                children,
            )
        )
    return tuple(sorted(found, key=lambda each: (each.since, each.specimen.code)))


def reasons(actor: Actor, how: str) -> tuple[str, ...]:
    """Return the codes of the reasons that are offered for a decision."""
    if how == "destroy":
        return tuple(each.code for each in protocol_of(actor.study).reasons_for("destroy"))
    return DECISIONS[how]


def _living_children(op: Operation, code: str) -> list[str]:
    children = children_of(op, code)
    op.lock((Kind.SPECIMEN, child) for child in children)
    return [child for child in children if op.load(Kind.SPECIMEN, child).status not in ENDED]


def _said(reason: str, offered: Iterable[str], note: str) -> str:
    if reason not in set(offered):
        raise BadInput("form_incomplete", {"reason": "reason_needed"})
    return noted(note)


def occasion_of(held: Specimen) -> Occasion:
    """Return what somebody signs who decides about a tube: a quarantine, or a deviation (it was too warm)."""
    deviates = Hold.EXCURSION in held.holds and Hold.QUARANTINE not in held.holds
    return Occasion.DEVIATION_DECIDED if deviates else Occasion.QUARANTINE_DECIDED


def decide(
    actor: Actor, specimen: str, how: str, reason: str, *, pen: Pen, note: str = "", key: str | None = None
) -> Specimen:
    """Decide about one tube that waits; as `decide_together`."""
    return decide_together(actor, [specimen], how, reason, pen=pen, note=note, key=key)[0]


def decide_together(
    actor: Actor,
    specimens: Sequence[str],
    how: str,
    reason: str,
    *,
    pen: Pen,
    note: str = "",
    key: str | None = None,
) -> tuple[Specimen, ...]:
    """Decide about tubes that wait, and sign for each: *release* them for use, or have them destroyed (`destroy`).

    One operation with an entry and a signature per tube: all of them, or none. What was made from one and waits only
    because of it is decided with it. Destroying is ordered here and carried out by the laboratory, in front of a
    witness.

    Raises:
        BadInput: fields `how`, `reason`, `reason_note`, `specimens`.
        Refused: `nothing_to_decide`, or what the table of acts says; and what `signature.ask` raises.
        Conflict: `somebody_was_first` where holds changed while the form was open.
    """
    permit(actor, Permission.QUARANTINE_DECIDE)
    if how not in DECISIONS:
        raise BadInput("form_incomplete", {"how": "decision_needed"})
    note = _said(reason, reasons(actor, how), note)
    codes = sorted(set(specimens))
    if not codes or len(codes) > MOST_TOGETHER:
        raise BadInput("form_incomplete", {"specimens": "choose_tubes"})
    tubes = [tenancy.load(Kind.SPECIMEN, code, actor) for code in codes]
    # A form that is sent again finds no hold any more: it is signed on the occasion on which it was answered.
    before = request.answer_to(actor, key)
    occasions = {Occasion(before["occasion"])} if before else {occasion_of(each) for each in tubes}
    if (
        len(occasions) > 1
    ):  # one is a quarantine, another a deviation: they are signed for with other meanings
        raise BadInput("form_incomplete", {"specimens": "decisions_differ"})
    (occasion,) = occasions
    signer = signature.ask(actor, occasion, pen)

    def work(op: Operation) -> dict[str, Any]:
        op.lock([(Kind.SPECIMEN, code) for code in codes])
        decided: list[str] = []
        for code in codes:
            if code in decided:  # with what it was made from
                continue
            held = tube(op, code)
            if not tenancy.own_site(actor, held.site) and not tenancy.own_site(actor, held.held_site or ""):
                raise Refused("nothing_to_decide", code=code)
            decided += (_order if how == "destroy" else _lift)(op, held, reason, note)
            if occasion_of(held) is not occasion:
                raise Conflict("somebody_was_first")
        for code in decided:
            signature.sign(op, signer, Kind.SPECIMEN, code)
        return {"codes": codes, "occasion": str(occasion)}

    asked = {
        "act": "decide", "specimens": codes, "how": how, "reason": reason, "note": note,
        "meaning": signer.meaning.code,
    }  # fmt: skip
    return tuple(specimen_now(code) for code in perform(actor, key, asked, work)["codes"])


_LIFTED_BY: Mapping[str, str] = {
    Hold.QUARANTINE: "released_from_quarantine",
    Hold.EXCURSION: "excursion_decided",
}


def _lift(op: Operation, held: Specimen, reason: str, note: str) -> list[str]:
    """Lift the holds of a tube and of what waits because of it; return the codes of all of them."""
    lifted = [hold for hold in _LIFTED_BY if hold in held.holds]
    if not lifted or held.status in ENDED:
        raise Refused("nothing_to_decide", code=held.code)
    for hold in lifted:
        check(op, _LIFTED_BY[hold], held, reason=reason)
    children = _living_children(op, held.code)
    _lift_one(op, held.code, lifted, reason, note)
    decided = [held.code]
    for child in children:
        waits = [hold for hold in lifted if _only_inherited(op, child, hold)]
        if waits:
            _lift_one(op, child, waits, reason, note)
            decided.append(child)
    return decided


def _lift_one(op: Operation, code: str, holds: list[str], reason: str, note: str) -> None:
    facts = {"remove_flags": [str(Flag.IDENTITY_IN_DOUBT)]} if reason == "collector_verified" else {}
    for hold in holds:
        op.append(Kind.SPECIMEN, code, _LIFTED_BY[hold], reason=reason, facts=facts, sealed={"note": note})


def _only_inherited(op: Operation, child: str, hold: str) -> bool:
    """Say whether a child waits only because of its parents, and none of them waits any more."""
    state: Specimen = op.load(Kind.SPECIMEN, child)
    if hold not in state.holds:
        return False
    own = next(
        (
            entry
            for entry in reversed(entries_of(op.session, Kind.SPECIMEN, child))
            if entry.act in _ACTS["quarantine" if hold == Hold.QUARANTINE else "excursion"]
        ),
        None,
    )
    if own is not None and own.act != "derived" and "with" not in own.facts:
        return False
    rows = op.session.execute(select(SpecimenParent.parent).where(SpecimenParent.child == child))
    return all(hold not in op.load(Kind.SPECIMEN, row.parent).holds for row in rows)


def _order(op: Operation, held: Specimen, reason: str, note: str) -> list[str]:
    """Order that a tube and what waits with it be destroyed; return the codes of all of them."""
    waits = set(held.holds)
    if not waits or held.status in ENDED or "destruction_ordered" in held.moments:
        raise Refused("nothing_to_decide", code=held.code)
    check(op, "destruction_ordered", held, reason=reason)
    said: dict[str, Any] = {"reason": reason, "sealed": {"note": note}}
    op.append(Kind.SPECIMEN, held.code, "destruction_ordered", **said)
    decided = [held.code]
    for child in _living_children(op, held.code):
        state: Specimen = op.load(Kind.SPECIMEN, child)
        if waits & set(state.holds) and "destruction_ordered" not in state.moments:
            op.append(Kind.SPECIMEN, child, "destruction_ordered", facts={"with": held.code}, **said)
            decided.append(child)
    return decided
