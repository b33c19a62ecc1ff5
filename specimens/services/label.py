"""Labels of specimens: printing them, printing them again, scanning them back.

Printing is an entry on each specimen. A label that was printed before is only printed again with a reason: the old
generation is retired and the new one counts once it was scanned back (`docs/decisions/0006`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from specimens.domain import custody
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import NotFound, NotPermitted, Refused
from specimens.domain.free_text import LONGEST_NOTE
from specimens.domain.identifiers import ScanText
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Mode
from specimens.models.base import db
from specimens.services import participant as people
from specimens.services import printer_worker, tenancy
from specimens.services.hands import Stop, ask, permit, scanning, specimens_in, tube
from specimens.services.label_content import label_of
from specimens.services.label_out import Printed, asked_of, drawn, facts_of, queued
from specimens.services.label_set import (
    LabelSet,
    batch_set,
    children_set,
    kit_set,
    rows_of,
    specimen_set,
    works_with,
)
from specimens.services.label_stock import Choice, stock_of
from specimens.services.label_words import language_of
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.scan import ALREADY, OK, ScanOutcome
from specimens.services.study import protocol_of
from specimens.services.visit_plan import reason_given


@dataclass(frozen=True, slots=True)
class Again:
    """What is printed again although it was printed before: which, why (a code of the protocol), in words."""

    codes: frozenset[str] = frozenset()
    reason: str | None = None
    note: str = ""


def label_set(actor: Actor, source: str, code: str) -> LabelSet:
    """Return the labels of a `kit`, a `batch`, a `specimen`, or the `children` of one."""
    sets = {"kit": kit_set, "batch": batch_set, "specimen": specimen_set, "children": children_set}
    return sets[source](actor, code)


def print_set(
    actor: Actor,
    found: LabelSet,
    choice: Choice,
    *,
    again: Again | None = None,
    key: str | None = None,
    language: str = "en",
) -> Printed:
    """Print the labels of a set that were not printed yet and that the stock takes, and those asked for *again*.

    Raises:
        BadInput: fields `stock`, `start`, `reason`, `note`; a text that would be cut, with the mm that are missing.
        Refused: `label_nothing_to_print`, `reason_needed`, `label_printed_meanwhile`.
    """
    again = again or Again()
    said = replace(again, note=people.texts(longest=LONGEST_NOTE, note=again.note)["note"])
    language = language_of(language)
    codes = _wanted(found, choice, said.codes)
    # Before anything is written: a label that does not fit must not count as printed.
    pdf = _drawn(actor, codes, choice, language) if codes else b""

    def work(op: Operation) -> dict[str, Any]:
        if not codes:
            raise Refused("label_nothing_to_print")
        job = _write(op, found, codes, choice, said, pdf)
        return {"codes": codes, "at": op.now, "job": job}

    asked = {
        "act": "print_labels", "source": found.source, "code": found.code, "again": sorted(said.codes),
        "reason": said.reason, "note": said.note, **asked_of(choice),
    }  # fmt: skip
    outcome = perform(actor, key, asked, work)
    if outcome["codes"] != codes:  # the same form sent again: the same labels, and no second entry
        pdf = _drawn(actor, outcome["codes"], choice, language)
    if outcome["job"]:
        printer_worker.wake()
    return Printed(pdf, f"labels-{found.code}.pdf", tuple(outcome["codes"]), outcome["at"], outcome["job"])


def _wanted(found: LabelSet, choice: Choice, again: Collection[str]) -> list[str]:
    """Return the labels to print, in the order of the plan: new ones that the stock takes, and those asked for."""
    stock = stock_of(choice)
    if not set(again) <= set(found.codes):
        raise NotFound("unknown_specimen")
    return [
        row.specimen.code
        for row in found.rows
        if row.specimen.code in again or (not row.printed and stock.takes(row.role))
    ]


def _drawn(actor: Actor, codes: Sequence[str], choice: Choice, language: str) -> bytes:
    specimens = specimens_in(db.session, codes)
    labels = [label_of(specimens[code], _protocol(specimens[code]), actor.zone, language) for code in codes]
    return drawn(labels, choice)


def _protocol(specimen: Specimen) -> Protocol:
    return protocol_of(specimen.study, specimen.protocol_version)


def _write(
    op: Operation, found: LabelSet, codes: Sequence[str], choice: Choice, again: Again, document: bytes
) -> str | None:
    """Write what was printed and put it into the queue; everything is asked before the first entry."""
    generations = {row.specimen.code: row.specimen.label_generation for row in found.rows}
    op.lock([(Kind.SPECIMEN, code) for code in codes])
    why = None
    if any(generations[code] for code in codes):
        why = reason_given(found.rows[0].protocol, "reprint", again.reason, again.note)
        if why is None:
            raise Refused("reason_needed", act="label_retired")
    for code in codes:
        specimen = tube(op, code)
        if not works_with(op.actor, specimen):
            raise NotPermitted("not_permitted")
        if specimen.label_generation != generations[code]:
            raise Refused("label_printed_meanwhile", code=code)
        if refusal := custody.may("label_printed", specimen, op.actor, op.now):
            raise Refused(refusal.code, **refusal.facts)
    job = queued(
        op, choice, document, source=found.source, subject=found.code, codes=codes, study=op.actor.study
    )
    for code in codes:
        facts = {"generation": generations[code] + 1, **facts_of(choice, job)}
        if generations[code]:
            op.append(
                Kind.SPECIMEN,
                code,
                "label_retired",
                facts={"retired_generation": generations[code]},
                reason=why,
                sealed={"reason": again.note},
            )
            op.append(Kind.SPECIMEN, code, "label_printed", facts=facts, reason=why)
        else:
            op.append(Kind.SPECIMEN, code, "label_printed", facts=facts)
    return job


def confirm(
    actor: Actor, source: str, code: str, raw: str, key: str | None, *, mode: str = Mode.SCAN
) -> ScanOutcome:
    """Scan a label back beside the kit, batch or specimen that it belongs to: it counts from now on.

    A label of anything else is STOP and kept as a near miss: it may have come out among the wrong labels.
    """
    permit(actor, Permission.LABEL_PRINT)
    found = label_set(actor, source, code)

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        specimen = tube(op, text.code)
        if text.code not in found.codes:
            raise Stop(f"label_of_another_{_AMONG[source]}", procedure=specimen.procedure)
        ask(op, "label_confirmed", specimen)
        if specimen.label_generation == 0:
            raise Stop("label_not_printed")
        if specimen.label_live:
            raise Stop("label_counts_already", verdict=ALREADY)
        done: Specimen = op.append(Kind.SPECIMEN, text.code, "label_confirmed")
        left = [each.specimen.code for each in found.waiting if each.specimen.code != text.code]
        facts = {"code": text.code, "left": len(left)}
        return ScanOutcome(OK, "label_counts", facts, text.code, done, left[0] if left else None)

    what = {"act": "label_confirmed", "source": source, "code": code}
    return scanning(actor, raw, act, key=key, what=what, subject=code, mode=mode)


#: Source of a set → the sentence about a label that is not in it.
_AMONG = {"kit": "kit", "batch": "set", "specimen": "set", "children": "set"}


def specimens_pdf(
    actor: Actor,
    codes: Sequence[str],
    choice: Choice,
    *,
    reason: str | None = None,
    note: str = "",
    key: str | None = None,
    language: str = "en",
) -> Printed:
    """Print the labels of some specimens that one's own site has: new ones, and with a *reason* printed ones.

    Raises:
        NotFound: `unknown_specimen` when one of them is out of sight. Else as `print_set`.
    """
    permit(actor, Permission.LABEL_PRINT)
    specimens = [tenancy.load(Kind.SPECIMEN, code, actor) for code in dict.fromkeys(codes)]
    if not all(works_with(actor, each) for each in specimens):
        raise NotPermitted("not_permitted")
    rows = rows_of(specimens)
    found = LabelSet("specimens", specimens[0].code if specimens else "", rows)
    again = Again(frozenset(found.codes), reason, note)
    return print_set(actor, found, choice, again=again, key=key, language=language)


def children_pdf(
    actor: Actor, parent: str, choice: Choice, *, key: str | None = None, language: str = "en"
) -> Printed:
    """Print the labels of what was made from a specimen and has none yet; as `print_set`."""
    return print_set(actor, children_set(actor, parent), choice, key=key, language=language)
