"""Drawing specimens at random: the seed is an entry of the ledger first, then the draw, and anybody can repeat it."""

import re
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from specimens.domain import draw as rules
from specimens.domain.access import Actor, Permission
from specimens.domain.draw import LONGEST_SEED, MOST_DRAWN, Draw
from specimens.domain.entry import read_entry
from specimens.domain.errors import BadInput
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Status
from specimens.models.audit import DrawPopulation
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenRow
from specimens.services import tenancy
from specimens.services.hands import names_of, permit, specimens_in
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_now, state_of, table_of

#: A seed stands in a line of shell on the page of its draw: nothing in it means anything to a shell.
_SEED = re.compile(r"[A-Za-z0-9 ._-]+")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw as its page shows it: its specimens by rank, who drew, the numbers of its two entries in the ledger.

    `repeated` says that drawing again gives the same, and that the row is what the two entries say.
    """

    draw: Draw
    specimens: tuple[Specimen, ...]
    who: str
    committed_number: int
    drawn_number: int | None
    repeated: bool


def draw(actor: Actor, wanted: int | None, *, seed: str = "", key: str | None = None) -> Draw:
    """Commit a seed, then draw specimens that are more than planned, among all that this person sees.

    *seed* is one that whoever draws brought along (dice, a newspaper), by default a random one. Two transactions: the
    seed is in the ledger before the specimens are read. Interrupted between them, the same form finishes the draw.

    Raises:
        NotPermitted: without `audit:draw`.
        BadInput: fields `count`, `seed`.
    """
    permit(actor, Permission.AUDIT_DRAW)
    wrong: dict[str, str] = {}
    if wanted is None or not 1 <= wanted <= MOST_DRAWN:
        wrong["count"] = "draw_count_needed"
    own = seed.strip()
    if own and not (len(own) <= LONGEST_SEED and _SEED.fullmatch(own)):
        wrong["seed"] = "seed_unusable"
    if wrong:
        raise BadInput("form_incomplete", wrong)

    def commit(op: Operation) -> str:
        facts = {
            "study": actor.study,
            "site": _only_site(actor),
            "seed": own or secrets.token_hex(16),
            "own_seed": bool(own),
            "wanted": wanted,
        }
        made: Draw = op.create(Kind.DRAW, "draw_committed", facts=facts)
        return made.code

    code = perform(actor, key, {"act": "draw", "wanted": wanted, "seed": own}, commit)
    perform(actor, None, {}, lambda op: _draw(op, actor, code))
    return draw_now(code)


def _only_site(actor: Actor) -> str | None:
    return next(iter(actor.sites)) if actor.sites is not None and len(actor.sites) == 1 else actor.site


def _draw(op: Operation, actor: Actor, code: str) -> str:
    committed: Draw = op.load(Kind.DRAW, code)
    if committed.drawn_at is not None:
        return code
    rows = op.session.execute(
        select(SpecimenRow.code).where(
            SpecimenRow.status != str(Status.PLANNED), tenancy.visible_specimens(actor)
        )
    )
    population = rules.listed(rows.scalars())
    codes = population.splitlines()
    op.session.execute(insert(DrawPopulation), {"draw": code, "codes": population})
    facts: dict[str, Any] = {
        "population": len(codes),
        "population_digest": rules.digest(population),
        "specimens": list(rules.draw(committed.seed, codes, committed.wanted)),
    }
    op.append(Kind.DRAW, code, "specimens_drawn", facts=facts)
    return code


def draw_now(code: str) -> Draw:
    """Return a draw as it is now."""
    found: Draw = state_now(Kind.DRAW, code)
    return found


def draws(actor: Actor, limit: int = 200) -> tuple[tuple[Draw, str], ...]:
    """Return the draws of this person's study and sites with who made them, newest first."""
    permit(actor, Permission.AUDIT_READ)
    permit(actor, Permission.SPECIMEN_READ)
    table = table_of(Kind.DRAW)
    rows = db.session.execute(
        select(table).where(tenancy.visible(Kind.DRAW, actor)).order_by(table.c.id.desc()).limit(limit)
    ).mappings()
    found = [state_of(Kind.DRAW, row) for row in rows]
    names = names_of(each.committed_by for each in found)
    return tuple((each, names.get(each.committed_by, "")) for each in found)


def get(actor: Actor, code: str) -> Drawn:
    """Return one draw.

    `repeated` says that drawing again from its seed and population gives the same specimens, and that seed, number and
    specimens are those of its entries in the ledger: of few specimens another seed may well draw the same.

    Raises:
        NotFound: `unknown_draw`.
    """
    permit(actor, Permission.AUDIT_READ)
    permit(actor, Permission.SPECIMEN_READ)
    found: Draw = tenancy.load(Kind.DRAW, code, actor)
    known = specimens_in(db.session, found.specimens)
    kept = population(actor, code)
    entries = db.session.execute(
        select(LedgerEntry.id, LedgerEntry.act, LedgerEntry.body).where(
            LedgerEntry.subject_kind == str(Kind.DRAW), LedgerEntry.subject_code == code
        )
    ).all()
    numbers = {each.act: each.id for each in entries}
    written: dict[str, Any] = {}
    for each in entries:
        written |= read_entry(each.body).facts
    row = {"seed": found.seed, "wanted": found.wanted}
    if found.drawn_at is not None:
        row["specimens"] = list(found.specimens)
    return Drawn(
        found,
        tuple(known[each] for each in found.specimens if each in known),
        names_of([found.committed_by]).get(found.committed_by or "", ""),
        numbers["draw_committed"],
        numbers.get("specimens_drawn"),
        all(written.get(name) == value for name, value in row.items())
        and rules.digest(kept) == found.population_digest
        and rules.draw(found.seed, kept.splitlines(), found.wanted) == tuple(found.specimens),
    )


def population(actor: Actor, code: str) -> str:
    """Return the codes among which was drawn, one a line, as they were digested.

    Raises:
        NotFound: `unknown_draw`.
    """
    permit(actor, Permission.AUDIT_READ)
    permit(actor, Permission.SPECIMEN_READ)
    tenancy.load(Kind.DRAW, code, actor)
    kept = db.session.execute(select(DrawPopulation.codes).where(DrawPopulation.draw == code)).scalar()
    return kept or ""
