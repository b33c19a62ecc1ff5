"""Dots for caps: the code of a tube once more, on its lid. Never a label of its own (`docs/decisions/0028`)."""

from collections.abc import Sequence
from typing import Any

from labels.content import CapLabel
from specimens.domain import custody
from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.terms import Kind
from specimens.services import printer_worker
from specimens.services.hands import tube
from specimens.services.label_out import Printed, asked_of, drawn, facts_of, queued
from specimens.services.label_set import LabelSet, works_with
from specimens.services.label_stock import Choice, stock_of
from specimens.services.record import Operation
from specimens.services.request import perform

#: What a stock has to take, and the kinds of label whose tubes have a cap that a dot fits.
ROLE = "cap"
CAPPED = frozenset({"cryovial", "blood_tube"})
#: What a job in a printer's queue prints.
SOURCE = "cap"


def capped(found: LabelSet) -> tuple[str, ...]:
    """Return the tubes of a set whose caps take a dot, in the order of the plan."""
    return tuple(row.specimen.code for row in found.rows if row.role in CAPPED)


def print_caps(actor: Actor, found: LabelSet, choice: Choice, *, key: str | None = None) -> Printed:
    """Print a dot for the cap of each tube of a set.

    Raises:
        BadInput: fields `stock`, `start`, `used`, `copies`. Refused: `label_nothing_to_print`.
    """
    codes = capped(found)
    if not stock_of(choice).takes(ROLE):
        raise BadInput("form_incomplete", {"stock": "label_not_on_stock"})
    document = _drawn(codes, choice) if codes else b""

    def work(op: Operation) -> dict[str, Any]:
        if not codes:
            raise Refused("label_nothing_to_print")
        op.lock([(Kind.SPECIMEN, code) for code in codes])
        for code in codes:
            specimen = tube(op, code)
            if not works_with(op.actor, specimen):
                raise NotPermitted("not_permitted")
            if refusal := custody.may("cap_printed", specimen, op.actor, op.now):
                raise Refused(refusal.code, **refusal.facts)
        job = queued(
            op, choice, document, source=SOURCE, subject=found.code, codes=codes, study=op.actor.study
        )
        for code in codes:
            op.append(Kind.SPECIMEN, code, "cap_printed", facts=facts_of(choice, job))
        return {"codes": codes, "at": op.now, "job": job}

    asked = {"act": "print_caps", "source": found.source, "code": found.code, **asked_of(choice)}
    outcome = perform(actor, key, asked, work)
    made = tuple(outcome["codes"])
    if made != codes:  # the same form sent again: the same dots, and no second entry
        document = _drawn(made, choice)
    if outcome["job"]:
        printer_worker.wake()
    return Printed(document, f"caps-{found.code}.pdf", made, outcome["at"], outcome["job"])


def _drawn(codes: Sequence[str], choice: Choice) -> bytes:
    return drawn([CapLabel(code) for code in codes], choice)
