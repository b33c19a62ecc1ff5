"""Searching specimens: by whatever is known of them, page after page, at any size."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.participant import ParticipantRow
from specimens.models.site import StorageRow
from specimens.services.hands import names_of, permit
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.search_plan import FEW, Counts, Plan, Query

__all__ = ["PAGE", "Line", "Query", "Results", "export", "search"]

PAGE = 50

_S = table_of(Kind.SPECIMEN)


@dataclass(frozen=True, slots=True)
class Line:
    """One specimen of a result, with the words beside its codes."""

    specimen: Specimen
    subject_number: str
    custodian: str | None
    place: str | None


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found, newest first. `previous` and `next` are cursors, None at the ends.

    `counted` is how many there are in each status, over all pages, as far as they were counted.
    """

    lines: tuple[Line, ...]
    previous: int | None
    next: int | None
    counted: Counts

    @property
    def total(self) -> int:
        """Return how many there are, as far as they were counted."""
        return max(len(self.lines), sum(self.counted.numbers.values()))

    @property
    def more(self) -> bool:
        """Say whether there may be more than were counted."""
        return bool(self.counted.further) or not self.counted.complete


def search(
    actor: Actor,
    query: Query,
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE,
    whole: bool = False,
) -> Results:
    """Return one page of the specimens that this person may see and that fulfil the query.

    *after* and *before* are the cursors of a page that was shown: what comes after it, or before. Where many are found
    they are counted only as far as is quick, unless they are to be counted *whole*.

    Raises:
        NotPermitted: without `specimen:read`.
    """
    permit(actor, Permission.SPECIMEN_READ)
    plan = Plan(actor, query)
    backwards = before is not None and after is None
    rows = plan.rows(after=None if backwards else after, before=before if backwards else None, most=size + 1)
    further, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    earlier = further if backwards else after is not None
    later = further if not backwards else True
    return Results(
        _lines(rows),
        rows[0]["id"] if rows and earlier else None,
        rows[-1]["id"] if rows and later else None,
        plan.counts(whole=whole),
    )


def export(actor: Actor, query: Query, *, key: str | None = None) -> tuple[int, Iterator[Line]]:
    """Write down who takes a list of specimens out, then return how many there are and the lines, oldest first.

    Raises:
        NotPermitted: without `specimen:export`.
    """
    permit(actor, Permission.EXPORT)
    permit(actor, Permission.SPECIMEN_READ)
    plan = Plan(actor, query)
    numbers = plan.numbers()
    asked = {"act": "specimens_exported", **query.asked}

    def work(op: Operation) -> bool:
        facts = {"count": len(numbers), "asked": sorted(query.asked), "format": "csv"}
        sealed = {name: str(value) for name, value in query.asked.items()}
        op.append(Kind.USER, actor.user, "specimens_exported", facts=facts, sealed=sealed)
        return True

    perform(actor, key, asked, work)

    def lines() -> Iterator[Line]:
        for start in range(0, len(numbers), FEW):
            some = numbers[start : start + FEW]
            rows = db.session.execute(select(_S).where(_S.c.id.in_(some)).order_by(_S.c.id)).mappings()
            yield from _lines(list(rows))

    return len(numbers), lines()


def _lines(rows: list[Any]) -> tuple[Line, ...]:
    """Put words beside the codes of a page, a handful of queries for all of them."""
    people = names_of({row["custodian"] for row in rows})
    subjects = _by_code(
        ParticipantRow.code, ParticipantRow.subject_number, {row["participant"] for row in rows}
    )
    units = _by_code(
        StorageRow.code, StorageRow.name, {row["place"] for row in rows} | {row["custodian"] for row in rows}
    )
    return tuple(
        Line(
            state_of(Kind.SPECIMEN, row),
            subjects.get(row["participant"], ""),
            people.get(row["custodian"]) or units.get(row["custodian"]),
            units.get(row["place"]),
        )
        for row in rows
    )


def _by_code(code: Any, name: Any, codes: set[str | None]) -> dict[str, str]:
    wanted = sorted(each for each in codes if each)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        rows = db.session.execute(select(code, name).where(code.in_(wanted[start : start + 500])))
        found.update({row[0]: row[1] for row in rows})
    return found
