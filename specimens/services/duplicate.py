"""Two tubes that bear one label: both are set aside, and the second one gets an identifier of its own.

Nobody knows which of the two is the one on record, so neither is used before the investigator has decided.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from specimens.domain import custody
from specimens.domain.access import Actor, Permission
from specimens.domain.entry import Entry
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Flag, Hold, Kind
from specimens.models.specimen import SpecimenRow
from specimens.services.hands import check, children_of, here, noted, permit, tube
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.scan import specimen_now

REASON = "duplicate_label"
#: The facts by which each of the two names the other: of the one on record, and of the second tube.
DUPLICATE, BORE = "duplicate", "bore_label_of"
_DOUBT = {"add_flags": [str(Flag.IDENTITY_IN_DOUBT)]}


def second_tube(actor: Actor, code: str, *, note: str = "", key: str | None = None) -> Specimen:
    """Record that another tube bears the label of *code*; return the specimen that the other tube is from now on.

    One operation: the specimen on record is set aside with everything that was made from it (where it no longer
    exists, or never was, it is flagged); the other tube gets a new identifier, is in quarantine and in no plan. Each
    of the two names the other. What it is, and whose, is taken from the label that it bore, and stands in doubt.

    Raises:
        BadInput: field `reason_note`. NotFound, NotPermitted.
    """
    permit(actor, Permission.SPECIMEN_CORRECT)
    said = noted(note)

    def work(op: Operation) -> str:
        known = tube(op, code)
        children = children_of(op, code)
        op.lock((Kind.SPECIMEN, child) for child in children)
        check(op, "duplicate_found", None, reason=REASON)
        facts = {**_as_labelled(op, known), **_DOUBT, BORE: code, **here(op.actor)}
        facts["add_flags"] = sorted({*_DOUBT["add_flags"], str(Flag.EXTRA)})
        facts["add_holds"] = [str(Hold.QUARANTINE)]
        second: Specimen = op.create(
            Kind.SPECIMEN, "duplicate_found", facts=facts, reason=REASON, sealed={"reason": said},
            study=known.study, protocol=known.protocol_version,
        )  # fmt: skip
        _set_aside(op, known, {**_DOUBT, DUPLICATE: second.code}, said)
        for child in sorted(children):
            state: Specimen = op.load(Kind.SPECIMEN, child)
            if state.status not in ENDED:
                _set_aside(op, state, {**_DOUBT, "with": code}, "", once=True)
        return second.code

    asked = {"act": "duplicate_found", "code": code, "note": said}
    return specimen_now(perform(actor, key, asked, work))


def _as_labelled(op: Operation, known: Specimen) -> dict[str, Any]:
    """Return the facts that the label told: whose it is said to be, and what. It stands in no kit."""
    names = (
        "study", "site", "participant", "visit", "timepoint", "procedure", "slot", "attempt", "protocol_version",
        "specimen_type", "container", "level", "derivative", "body_site", "side",
    )  # fmt: skip
    alike = (
        (SpecimenRow.derivative == known.derivative) if known.derivative else SpecimenRow.derivative.is_(None)
    )
    highest = op.session.execute(
        select(func.max(SpecimenRow.number)).where(
            SpecimenRow.visit == known.visit, SpecimenRow.slot == known.slot, alike
        )
    ).scalar()
    told = {name: getattr(known, name) for name in names}
    return told | {"kit": None, "number": (highest or 0) + 1}


def _set_aside(
    op: Operation, specimen: Specimen, facts: dict[str, Any], note: str, *, once: bool = False
) -> None:
    """Put a specimen into quarantine; one of which there is nothing to set aside is flagged alone.

    *once*: one that is in quarantine already is flagged as well, so that the reason of its own stays the last.
    """
    act = "quarantined"
    held = once and Hold.QUARANTINE in specimen.holds
    if held or custody.may(act, specimen, op.actor, op.now, reason=REASON):
        act = "flagged"
    check(op, act, specimen, reason=REASON)
    op.append(Kind.SPECIMEN, specimen.code, act, facts=facts, reason=REASON, sealed={"reason": note})


def same_label(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Return the identifiers of the tubes that bore the same label, from the entries of a specimen that count."""
    named = (entry.facts.get(name) for entry in entries for name in (DUPLICATE, BORE))
    return tuple(dict.fromkeys(code for code in named if isinstance(code, str)))
