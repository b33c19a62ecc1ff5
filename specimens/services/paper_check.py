"""What was entered from paper, shown beside the sheet, and checked by a second person."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from specimens.domain import fold
from specimens.domain.access import Actor, Permission
from specimens.domain.entry import Entry
from specimens.domain.errors import NotPermitted, Refused
from specimens.domain.signature import Occasion
from specimens.domain.terms import Kind
from specimens.domain.visit import Visit
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import signature, tenancy
from specimens.services.entries import entries_of
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.signature import Pen


@dataclass(frozen=True, slots=True)
class PaperEntry:
    """One sheet as it was entered: by whom, when, where the original lies, and its entries on the tubes."""

    kit: str
    entered_by: str
    entered_name: str
    entered_at: int
    performed_by: str | None
    original: str | None
    why: str | None
    tubes: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class PaperView:
    """What was entered from paper for a visit; `checked_at` and `checked_name` once a second person confirmed it."""

    visit: Visit
    sheets: tuple[PaperEntry, ...]
    checked_at: int | None
    checked_name: str | None

    def may_check(self, actor: Actor) -> bool:
        """Say whether this person is a second person: nobody checks what they entered."""
        return self.checked_at is None and actor.user not in {each.entered_by for each in self.sheets}


def entered(actor: Actor, visit_code: str) -> PaperView:
    """Return what was entered from paper for a visit since it was last checked; all of it once it is checked.

    Raises:
        NotFound: `unknown_visit`.
    """
    visit: Visit = tenancy.load(Kind.VISIT, visit_code, actor)
    entries = fold.effective(entries_of(db.session(), Kind.VISIT, visit_code))
    checks = [entry for entry in entries if entry.act == "paper_checked"]
    checked = checks[-1] if checks and visit.paper_checked_by else None
    since = 0 if checked else (checks[-1].seq if checks else 0)
    sheets = [e for e in entries if e.act == "visit_entered_from_paper" and e.seq > since]
    return PaperView(
        visit,
        tuple(_sheet(entry, _tubes_of(visit_code)) for entry in sheets),
        checked.recorded_at if checked else None,
        checked.actor["name"] if checked else None,
    )


def _tubes_of(visit: str) -> Mapping[str, list[Entry]]:
    """Return operation → what it wrote on the tubes of a visit, as corrected since."""
    codes = db.session.execute(
        select(SpecimenRow.code)
        .where(SpecimenRow.visit == visit, SpecimenRow.level == 0)
        .order_by(SpecimenRow.id)
    ).scalars()
    found: dict[str, list[Entry]] = {}
    for code in list(codes):
        for entry in fold.effective(entries_of(db.session(), Kind.SPECIMEN, code)):
            found.setdefault(entry.operation, []).append(entry)
    return found


def _sheet(entry: Entry, tubes: Mapping[str, list[Entry]]) -> PaperEntry:
    return PaperEntry(
        entry.facts["kit"],
        entry.actor["user"],
        entry.actor["name"],
        entry.recorded_at,
        entry.performed_by,
        entry.opened.get("paper_original"),
        entry.reason,
        tuple(tubes.get(entry.operation, ())),
    )


def check(actor: Actor, visit_code: str, *, pen: Pen, key: str | None = None) -> Visit:
    """Sign that what was entered says what the sheet says. Only a second person may; never who entered it.

    Raises:
        Refused: `nothing_from_paper`, `own_paper`, `already_checked`, and what `signature.ask` raises.
    """
    if not actor.may(Permission.COLLECT):
        raise NotPermitted("not_permitted")
    signer = signature.ask(actor, Occasion.PAPER_CHECKED, pen)

    def work(operation: Operation) -> str:
        visit: Visit = operation.load(Kind.VISIT, visit_code)
        tenancy.must_see(Kind.VISIT, visit, actor)
        if not tenancy.own_site(actor, visit.site):
            raise NotPermitted("not_permitted")
        if not visit.paper:
            raise Refused("nothing_from_paper", visit=visit_code)
        view = entered(actor, visit_code)
        if view.checked_at is not None:
            raise Refused("already_checked", who=view.checked_name, checked_at=view.checked_at)
        if not view.may_check(actor):
            raise Refused("own_paper", visit=visit_code)
        operation.append(
            Kind.VISIT, visit_code, "paper_checked", facts={"kits": [each.kit for each in view.sheets]}
        )
        signature.sign(operation, signer, Kind.VISIT, visit_code)
        return visit_code

    visit: Visit = tenancy.load(
        Kind.VISIT, perform(actor, key, {"act": "paper_checked", "visit": visit_code}, work), actor
    )
    return visit
