"""A label that nobody can read: two people know the tube by the well that it lies in, and its label is printed again.

The identifier stays, the label gets a new generation, and the old one is retired (`docs/decisions/0032`).
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from specimens.domain import fold
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Refused
from specimens.domain.identifiers import read_scan
from specimens.domain.signature import Occasion
from specimens.domain.specimen import Specimen
from specimens.domain.storage import Storage
from specimens.domain.terms import Kind, Status
from specimens.models.base import db
from specimens.services import printer_worker, signature, tenancy
from specimens.services.entries import entries_of
from specimens.services.hands import check, held_here, noted, permit, tube
from specimens.services.label_content import label_of
from specimens.services.label_out import Printed, asked_of, drawn, facts_of, queued
from specimens.services.label_stock import Choice
from specimens.services.label_words import language_of
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.signature import Pen
from specimens.services.study import protocol_of

REASON = "label_unreadable"

#: What may have been written since a tube was taken out of its well without it having gone anywhere.
_STAYS = frozenset({
    "identified_by_position", "label_printed", "label_retired", "label_confirmed", "cap_printed", "quarantined",
    "released_from_quarantine", "flagged", "temperature_excursion", "excursion_decided", "consent_hold",
    "consent_hold_lifted", "evaluated",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lying:
    """A tube whose label cannot be read, and the well of a box that it lies in or was just taken from."""

    specimen: Specimen
    unit: Storage
    well: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody has before their eyes: the scan of the box, and the well, such as `A1`."""

    box: str
    well: str


def well_of(session: Session, specimen: Specimen) -> tuple[str, str] | None:
    """Return the storage unit and the well in which a tube lies, or from which it was just taken; else None."""
    if specimen.status == Status.STORED:
        return (specimen.place, specimen.position) if specimen.place and specimen.position else None
    if specimen.status != Status.RETRIEVED:
        return None
    entries = fold.effective(entries_of(session, Kind.SPECIMEN, specimen.code))
    last = next((each for each in reversed(entries) if each.act not in _STAYS), None)
    if last is None or last.act != "retrieved" or not last.facts.get("from_position"):
        return None
    return last.facts["from_place"], last.facts["from_position"]


def has_a_well(specimen: Specimen) -> bool:
    """Say whether a tube, as it is now, can be known by the well that it lies in or was just taken from."""
    return well_of(db.session(), specimen) is not None


def lying(actor: Actor, code: str) -> Lying:
    """Return where a tube can be known by its position.

    Raises:
        NotFound, NotPermitted; Refused: `not_in_a_well`, `not_in_your_hands`.
    """
    permit(actor, Permission.STORE)
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    unit, well = _must_lie(db.session(), actor, specimen)
    return Lying(specimen, tenancy.load(Kind.STORAGE, unit, actor), well)


def _must_lie(session: Session, actor: Actor, specimen: Specimen) -> tuple[str, str]:
    found = well_of(session, specimen)
    if found is None:
        raise Refused("not_in_a_well", code=specimen.code)
    if not held_here(actor, specimen):
        raise Refused("not_in_your_hands", code=specimen.code)
    return found


def reprint(
    actor: Actor,
    code: str,
    seen: Seen,
    choice: Choice,
    *,
    pen: Pen,
    witness: str,
    witness_pen: Pen,
    note: str = "",
    production: bool = False,
    key: str | None = None,
    language: str = "en",
) -> Printed:
    """Record that two people know a tube by its well, and print its label again: the same identifier.

    One operation: the identity with both people and the well, signed by both; the old label retired; a label of a new
    generation, which counts once it was scanned back.

    Raises:
        BadInput: fields `box`, `well`, `witness`, `witness_password`, `password`, `reason_note`; what `drawn` raises.
        Refused: `not_in_a_well`, `not_in_your_hands`; what `signature.ask` and `signature.ask_witness` raise, or what
            the table of acts says.
    """
    permit(actor, Permission.STORE)
    permit(actor, Permission.LABEL_PRINT)
    said = noted(note)
    given = {
        "box": seen.box.strip(), "well": seen.well.strip(), "witness": witness.strip(),
        "witness_password": witness_pen.password, "password": pen.password,
    }  # fmt: skip
    if missing := {name: "field_needed" for name, value in given.items() if not value}:
        raise BadInput("form_incomplete", missing)
    box, well = _box(seen.box), seen.well.strip().upper()
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    language = language_of(language)
    # Before anything is written: a label that does not fit must not count as printed.
    label = label_of(specimen, protocol_of(specimen.study, specimen.protocol_version), actor.zone, language)
    document = drawn([label], choice)
    signer = signature.ask(actor, Occasion.IDENTITY_BY_POSITION, pen)
    second = signature.ask_witness(
        actor, Occasion.IDENTITY_BY_POSITION, witness, witness_pen, production=production
    )
    who = second.actor.user

    def work(op: Operation) -> dict[str, Any]:
        held = tube(op, code)
        place, position = _must_lie(op.session, actor, held)
        if wrong := _not_there((place, position), (box, well)):
            raise BadInput("form_incomplete", wrong)
        check(op, "identified_by_position", held, reason=REASON, witness=who, position=position)
        for act in ("label_retired", "label_printed"):
            check(op, act, held, reason=REASON)
        job = queued(
            op, choice, document, source="specimen", subject=code, codes=[code], study=op.actor.study
        )
        facts = {"at_place": place, "at_position": position, "witness": who}
        op.append(
            Kind.SPECIMEN, code, "identified_by_position", facts=facts, reason=REASON, sealed={"reason": said}
        )
        signature.sign(op, signer, Kind.SPECIMEN, code)
        signature.sign(op, second, Kind.SPECIMEN, code)
        old = held.label_generation
        if old:
            op.append(Kind.SPECIMEN, code, "label_retired", facts={"retired_generation": old}, reason=REASON)
        printed = {"generation": old + 1, **facts_of(choice, job)}
        op.append(Kind.SPECIMEN, code, "label_printed", facts=printed, reason=REASON)
        return {"at": op.now, "job": job}

    asked = {
        "act": "identified_by_position", "code": code, "box": box, "well": well, "witness": who, "note": said,
        **asked_of(choice),
    }  # fmt: skip
    outcome = perform(actor, key, asked, work)
    if outcome["job"]:
        printer_worker.wake()
    return Printed(document, f"labels-{code}.pdf", (code,), outcome["at"], outcome["job"])


def _box(raw: str) -> str:
    try:
        return read_scan(raw).code
    except BadInput as unreadable:
        raise BadInput("form_incomplete", {"box": unreadable.code}, **unreadable.facts) from unreadable


def _not_there(recorded: tuple[str, str], seen: tuple[str, str]) -> dict[str, str]:
    names = (("box", "box_of_another"), ("well", "another_well"))
    return {name: code for (name, code), want, got in zip(names, recorded, seen, strict=True) if want != got}
