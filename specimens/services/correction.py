"""Corrections: another value for a fact of an earlier entry, with a reason; before and after stay readable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specimens.domain import fold
from specimens.domain.access import Actor, Permission
from specimens.domain.entry import Entry
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.free_text import LONGEST_NOTE
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_kit import places
from specimens.domain.specimen import MOST_TO_MEDIUM, TO_MEDIUM, Specimen
from specimens.domain.terms import Flag, Kind
from specimens.domain.visit import Visit
from specimens.models.base import db
from specimens.services import consent, kit_lots, tenancy
from specimens.services import participant as people
from specimens.services.collection_facts import flags_of, holds_medium
from specimens.services.entries import entries_of
from specimens.services.kit_procedure import MOST_PIECES
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.study import protocol_of, zone_of
from specimens.services.undo import must_be_legal
from specimens.services.visit_plan import reason_given

_MS_PER_MINUTE = 60_000

#: Which facts of which acts may be corrected; everything else is undone, or stays.
CORRECTABLE: dict[str, frozenset[str]] = {
    "collected": frozenset({"happened_at", "pieces", "container", TO_MEDIUM, "body_site", "side"}),
    "not_collected": frozenset({"reason_code"}),
    "frozen": frozenset({"happened_at"}),
    "spun": frozenset({"happened_at", "force_g", "minutes", "temperature_tenths_c"}),
    "in_medium": frozenset({"happened_at"}),
    "fixation_ended": frozenset({"happened_at"}),
    "embedded": frozenset({"happened_at"}),
    "culture_started": frozenset({"happened_at"}),
    "counted": frozenset({"cells", "viability_percent", "haemolysis"}),
    "derived": frozenset({"volume_ul"}),
}

#: Fact → the least and the most that it can be.
LIMITS: dict[str, tuple[int, int]] = {
    "pieces": (0, MOST_PIECES),
    TO_MEDIUM: (0, MOST_TO_MEDIUM),
    "force_g": (1, 30_000),
    "minutes": (1, 1_440),
    "temperature_tenths_c": (-2_000, 500),
    "cells": (0, 10_000_000_000),
    "viability_percent": (0, 100),
    "haemolysis": (0, 3),
    "volume_ul": (0, 1_000_000),
}

#: What follows from when and where a tube was taken, and is judged again after a correction.
_JUDGED = frozenset({Flag.OUT_OF_WINDOW, Flag.NOT_BASELINE})


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of one entry: what it says now, and who said it when."""

    entry: str
    act: str
    field: str
    value: Any
    who: str
    happened_at: int


def subject(actor: Actor, code: str) -> Specimen:
    """Return a specimen that this person may see.

    Raises:
        NotFound: `unknown_specimen`.
    """
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    return specimen


def correctable(actor: Actor, code: str) -> list[Correction]:
    """Return the facts of a specimen's entries that may be corrected, oldest first."""
    specimen = subject(actor, code)
    protocol = _protocol(specimen)
    blood = protocol.procedure(specimen.procedure).kind == "blood"
    filled = holds_medium(protocol, specimen.container)
    found = []
    for entry in fold.effective(entries_of(db.session(), Kind.SPECIMEN, code)):
        for field in sorted(CORRECTABLE.get(entry.act, frozenset())):
            if blood and field in ("pieces", "body_site", "side"):
                continue
            if field == TO_MEDIUM and not filled:
                continue
            value = _value(specimen, entry, field)
            found.append(
                Correction(entry.id, entry.act, field, value, entry.actor["name"], entry.happened_at)
            )
    return found


def _protocol(specimen: Specimen) -> Protocol:
    return protocol_of(specimen.study, specimen.protocol_version)


def _value(specimen: Specimen, entry: Entry, field: str) -> Any:
    if field == "happened_at":
        return entry.happened_at
    if field == "container" and "container" not in entry.facts:
        return specimen.container
    return entry.reason if field == "reason_code" else entry.facts.get(field)


def correct(
    actor: Actor,
    code: str,
    entry_id: str,
    changes: Mapping[str, Any],
    *,
    reason: str,
    note: str = "",
    key: str | None = None,
) -> Specimen:
    """Correct facts of one entry of a specimen, with a reason (code) and an optional note.

    The specimen is added up again, and what follows from the time of collection (out of window, not baseline) is
    judged again; a history that would become impossible is refused.

    Raises:
        BadInput: the field that cannot be corrected, or its value; `reason`, `note`.
        Refused: `reason_needed`, `nothing_changed`, `correction_impossible`, consent codes.
    """
    if not actor.may(Permission.SPECIMEN_CORRECT):
        raise NotPermitted("not_permitted")
    if not reason:
        raise Refused("reason_needed")
    said = people.texts(longest=LONGEST_NOTE, note=note)["note"]

    def work(operation: Operation) -> str:
        specimen: Specimen = operation.load(Kind.SPECIMEN, code)
        tenancy.must_see(Kind.SPECIMEN, specimen, actor)
        _must_be_ours(actor, specimen)
        protocol = _protocol(specimen)
        why = reason_given(protocol, "correction", reason, said)
        entries = fold.effective(entries_of(operation.session, Kind.SPECIMEN, code))
        entry = next((each for each in entries if each.id == entry_id), None)
        if entry is None:
            raise NotFound("unknown_entry")
        allowed = CORRECTABLE.get(entry.act, frozenset())
        if not changes or not set(changes) <= allowed:
            raise BadInput("form_incomplete", dict.fromkeys(set(changes) - allowed, "not_correctable"))
        _must_be_possible(protocol, specimen, entry, changes)
        old = {field: _value(specimen, entry, field) for field in changes}
        real = {field: value for field, value in changes.items() if value != old[field]}
        if not real:
            raise Refused("nothing_changed")
        if follows := _medium_follows(protocol, entry, old, real):
            old[TO_MEDIUM], real[TO_MEDIUM] = follows
        operation.append(
            Kind.SPECIMEN,
            code,
            fold.CORRECTED,
            facts={"changes": {field: {"old": old[field], "new": value} for field, value in real.items()}},
            reason=why,
            replaces=entry_id,
            sealed={"reason": said},
        )
        must_be_legal(operation, code)
        if entry.act == "collected":
            _judge_again(operation, protocol, code, why)
        return code

    what = {
        "act": "corrected",
        "code": code,
        "entry": entry_id,
        "changes": changes,
        "reason": reason,
        "note": said,
    }
    done: Specimen = tenancy.load(Kind.SPECIMEN, perform(actor, key, what, work), actor)
    return done


def _medium_follows(
    protocol: Protocol, entry: Entry, old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[int | None, int | None] | None:
    """Return the minutes before and after where another container decides whether there was a medium to lie in."""
    if "container" not in new or TO_MEDIUM in new:
        return None
    filled = holds_medium(protocol, new["container"])
    said: int | None = entry.facts.get(TO_MEDIUM)
    if filled == holds_medium(protocol, old["container"]) or filled == (said is not None):
        return None
    return said, 0 if filled else None


def _must_be_ours(actor: Actor, specimen: Specimen) -> None:
    """Raise NotPermitted unless the specimen comes from, or is held at, a site where this person works."""
    if not any(tenancy.own_site(actor, site) for site in (specimen.site, specimen.held_site) if site):
        raise NotPermitted("not_permitted")


def _must_be_possible(
    protocol: Protocol, specimen: Specimen, entry: Entry, changes: Mapping[str, Any]
) -> None:
    """Raise BadInput with each field whose new value cannot be."""
    wrong: dict[str, str] = {}
    container = changes.get("container", specimen.container)
    if TO_MEDIUM in changes and not holds_medium(protocol, container):
        wrong[TO_MEDIUM] = "no_medium_here"
    for field, value in changes.items():
        if field == "happened_at":
            people.bounded(value)
        elif field in LIMITS:
            least, most = LIMITS[field]
            if not isinstance(value, int) or not least <= value <= most:
                wrong[field] = "number_out_of_range"
        elif field == "container" and value not in {each.code for each in protocol.containers}:
            wrong[field] = "choose_one"
        elif field == "reason_code":
            offered = protocol.not_collected_reasons_for(specimen.procedure)
            if value not in {each.code for each in offered}:
                wrong[field] = "choose_one"
    minutes = changes.get(TO_MEDIUM, entry.facts.get(TO_MEDIUM))
    if {"happened_at", TO_MEDIUM} & set(changes) and minutes and TO_MEDIUM not in wrong:
        people.bounded(changes.get("happened_at", entry.happened_at) + minutes * _MS_PER_MINUTE)
    if {"body_site", "side"} & set(changes):
        place = tuple(changes.get(name, entry.facts.get(name)) for name in ("body_site", "side"))
        if place not in places(protocol, specimen.procedure):
            wrong["place"] = "choose_one"
    if wrong:
        raise BadInput("form_incomplete", wrong)


def _judge_again(operation: Operation, protocol: Protocol, code: str, reason: str | None) -> None:
    """Bring the flags that follow from the time of collection, and from the container, to what now counts."""
    specimen: Specimen = operation.load(Kind.SPECIMEN, code)
    participant: Participant = operation.load(Kind.PARTICIPANT, specimen.participant)
    visit: Visit = operation.load(Kind.VISIT, specimen.visit)
    zone = zone_of(specimen.site)
    taken_at = specimen.collected_at or operation.now
    problem = consent.problem_at(operation.session, participant, protocol_of(specimen.study), taken_at, zone)
    if problem == "before_consent":
        raise Refused(problem, code=code)
    kit: Kit | None = operation.load(Kind.KIT, specimen.kit) if specimen.kit else None
    now_true = {*flags_of(protocol, participant, visit, kit, taken_at, zone)} & _JUDGED
    planned = protocol.slot(specimen.slot).container
    if specimen.container != planned:
        now_true.add(Flag.OTHER_CONTAINER)
    if specimen.kit and specimen.container in kit_lots.expired(operation.session, specimen.kit):
        now_true.add(Flag.EXPIRED_LOT)
    judged = _JUDGED | {Flag.OTHER_CONTAINER, Flag.EXPIRED_LOT}
    add = sorted(now_true - set(specimen.flags))
    remove = sorted((judged - now_true) & {Flag(flag) for flag in specimen.flags})
    if add or remove:
        said = {**({"add_flags": add} if add else {}), **({"remove_flags": remove} if remove else {})}
        operation.append(Kind.SPECIMEN, code, "flagged", facts=said, reason=reason)
