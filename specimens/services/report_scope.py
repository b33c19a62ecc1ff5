"""What a custody report is about, and which specimens that means for the person who asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, NotFound
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.domain.transfer import Transfer
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.site import StorageRow
from specimens.models.specimen import SpecimenRow
from specimens.services import lineage, scan, tenancy

#: What a report can be about → the kind of thing that its identifier names (None: only a period).
ABOUT: dict[str, Kind | None] = {
    "specimen": Kind.SPECIMEN,
    "participant": Kind.PARTICIPANT,
    "visit": Kind.VISIT,
    "transfer": Kind.TRANSFER,
    "box": Kind.STORAGE,
    "period": None,
}
_BY_KIND = {str(kind): about for about, kind in ABOUT.items() if kind}


@dataclass(frozen=True, slots=True)
class ReportScope:
    """What was asked for. Both days are local dates and belong to the period; None leaves that end open."""

    about: str
    code: str | None = None
    first_on: date | None = None
    last_on: date | None = None

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "ReportScope":
        """Return a scope as the ledger keeps it."""
        first, last = (
            date.fromisoformat(kept[name]) if kept.get(name) else None for name in ("first_on", "last_on")
        )
        return cls(kept["about"], kept.get("code"), first, last)

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON, as the ledger keeps it."""
        return {
            "about": self.about,
            "code": self.code,
            "first_on": self.first_on.isoformat() if self.first_on else None,
            "last_on": self.last_on.isoformat() if self.last_on else None,
        }

    def period_ms(self, zone: str) -> tuple[int | None, int | None]:
        """Return the period as instants: from the first (included) to the last (excluded), in the days of *zone*."""

        def midnight(day: date) -> int:
            return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp() * 1000)

        first = midnight(self.first_on) if self.first_on else None
        last = midnight(self.last_on + timedelta(days=1)) if self.last_on else None
        return first, last


def read_scope(
    raw: str, first_on: date | None = None, last_on: date | None = None, *, about: str | None = None
) -> ReportScope:
    """Read what somebody scanned or typed: any identifier, or nothing and a period.

    *about* says of what kind it has to be. Whether this person may see it is asked when the report is made.

    Raises:
        BadInput: fields `code` (`field_needed`, `report_about_nothing`, or why it cannot be read), `last_on`.
        NotFound: `unknown_code`.
    """
    wrong: dict[str, str] = {}
    code = None
    if about not in (None, *ABOUT):
        wrong["about"] = "choose_one"
    if first_on and last_on and first_on > last_on:
        wrong["last_on"] = "period_backwards"
    if last_on is not None and last_on.year > 9000:
        wrong["last_on"] = "date_unreadable"
    if raw.strip() and not wrong:
        try:
            found = scan.what_is(raw)
        except BadInput as error:
            raise BadInput("form_incomplete", {"code": error.code}, about={"code": error.facts}) from error
        named = _BY_KIND.get(found.kind)
        if named is None or about not in (None, named):
            wrong["code"] = "report_about_nothing"
        about, code = named, found.code
    elif not raw.strip() and about not in (None, "period"):
        wrong["code"] = "field_needed"
    elif not raw.strip():
        about = "period"
        if first_on is None and last_on is None and not wrong:
            wrong["code"] = "report_needs_scope"
    if wrong:
        raise BadInput("form_incomplete", wrong)
    return ReportScope(about or "period", code, first_on, last_on)


def specimens_in_scope(actor: Actor, scope: ReportScope) -> list[str]:
    """Return the specimens that a report is about, in the order in which it prints them.

    A specimen comes with everything that it was made from, as far as this person sees it.

    Raises:
        NotFound: `unknown_<kind>` for something that this person may not see.
    """
    wanted: Any
    match scope.about:
        case "specimen":
            specimen: Specimen = tenancy.load(Kind.SPECIMEN, _code(scope), actor)
            # Custody of a derivative begins with what it was made from.
            above = lineage.line_of(specimen, lineage.ancestors(db.session(), [specimen]))
            return [each.code for each in above if tenancy.sees(Kind.SPECIMEN, each, actor)] + [specimen.code]
        case "participant":
            tenancy.load(Kind.PARTICIPANT, _code(scope), actor)
            wanted = SpecimenRow.participant == scope.code
        case "visit":
            tenancy.load(Kind.VISIT, _code(scope), actor)
            wanted = SpecimenRow.visit == scope.code
        case "transfer":
            transfer: Transfer = tenancy.load(Kind.TRANSFER, _code(scope), actor)
            return _in_order(actor, [*transfer.lines, *transfer.extras])
        case "box":
            tenancy.load(Kind.STORAGE, _code(scope), actor)
            wanted = SpecimenRow.place.in_(_units(_code(scope)))
        case "period":
            wanted = SpecimenRow.code.in_(_acted_on(scope, actor))
        case _:
            raise NotFound("unknown_code")
    rows = db.session.execute(
        select(SpecimenRow.code)
        .where(wanted, tenancy.visible_specimens(actor))
        .order_by(SpecimenRow.participant, SpecimenRow.id)
    )
    return list(rows.scalars())


def _code(scope: ReportScope) -> str:
    if scope.code is None:
        raise NotFound("unknown_code")
    return scope.code


def _in_order(actor: Actor, codes: list[str]) -> list[str]:
    found: list[tuple[str, int, str]] = []
    for start in range(0, len(codes), 500):
        rows = db.session.execute(
            select(SpecimenRow.participant, SpecimenRow.id, SpecimenRow.code).where(
                SpecimenRow.code.in_(codes[start : start + 500]), tenancy.visible_specimens(actor)
            )
        )
        found += [(row.participant, row.id, row.code) for row in rows]
    return [code for _, _, code in sorted(found)]


def _units(code: str) -> list[str]:
    """Return a storage unit and everything that stands in it."""
    units, wave = [code], [code]
    while wave:
        rows = db.session.execute(select(StorageRow.code).where(StorageRow.parent.in_(wave)))
        wave = [each for each in rows.scalars() if each not in units]
        units += wave
    return units


def _acted_on(scope: ReportScope, actor: Actor) -> Any:
    first, last = scope.period_ms(actor.zone)
    statement = select(LedgerEntry.subject_code).where(LedgerEntry.subject_kind == str(Kind.SPECIMEN))
    if actor.study is not None:
        statement = statement.where(LedgerEntry.study == actor.study)
    if first is not None:
        statement = statement.where(LedgerEntry.happened_at >= first)
    if last is not None:
        statement = statement.where(LedgerEntry.happened_at < last)
    return statement


def count_visible(actor: Actor) -> int:
    """Return how many specimens of the study this person can see at all."""
    statement = select(func.count(SpecimenRow.id)).where(tenancy.visible_specimens(actor))
    return db.session.execute(statement).scalar_one()
