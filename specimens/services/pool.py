"""Pre-printed pools: labels for a site that cannot print when the visit comes.

Their identifiers come from the registry that all come from, so two pools cannot share one. A label becomes a
specimen's when the visit is planned: it is scanned beside the tube that it is put on, and its identifier is the
specimen's one identifier from its first entry on (`docs/decisions/0022`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select

from labels.errors import LabelError
from specimens.domain import free_text
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import read_scan
from specimens.domain.pool import Pool
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.printing import PoolLabel
from specimens.models.specimen import SpecimenRow
from specimens.services import printer_worker, tenancy
from specimens.services.hands import seen
from specimens.services.label_blank import blank
from specimens.services.label_out import Printed, asked_of, drawn, facts_of, queued
from specimens.services.label_stock import Choice, stock_of, told
from specimens.services.label_words import POOL, language_of
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of, studies

_LABEL: Table = PoolLabel.__table__  # type: ignore[assignment]

MOST_LABELS = 500
#: The kinds of label that a tube can be given before it is known which one it is.
ROLES = ("blood_tube", "biopsy_container", "small", "cryovial")


@dataclass(frozen=True, slots=True)
class PoolView:
    """A pool, which of its labels are on a tube by now, and which are still free, in the order of the sheet."""

    pool: Pool
    taken: frozenset[str]

    @property
    def free(self) -> tuple[str, ...]:
        """Labels that belong to no tube yet."""
        return tuple(code for code in self.pool.codes if code not in self.taken)


def _permit(actor: Actor) -> None:
    if not (actor.may(Permission.LABEL_PRINT) or actor.may(Permission.SITE_MANAGE)):
        raise NotPermitted("not_permitted")


def places(actor: Actor) -> list[tuple[str, str]]:
    """Return (study, site) for which this person may issue a pool: where the study is open, at one's own sites."""
    _permit(actor)
    return [
        (study.code, site)
        for study in studies()
        if actor.study is None or study.code == actor.study
        for site in study.sites
        if tenancy.own_site(actor, site)
    ]


def issue(actor: Actor, study: str, site: str, role: str, count: int, *, key: str | None = None) -> PoolView:
    """Issue the identifiers of a new pool.

    Raises:
        BadInput: fields `place`, `role`, `count`.
    """
    if (study, site) not in places(actor):
        raise BadInput("form_incomplete", {"place": "choose_one"})
    if role not in ROLES:
        raise BadInput("form_incomplete", {"role": "choose_one"})
    if not 1 <= count <= MOST_LABELS:
        raise BadInput("form_incomplete", {"count": "pool_count"}, most=MOST_LABELS)

    def work(op: Operation) -> str:
        codes = [op.issue(Kind.SPECIMEN) for _ in range(count)]
        facts = {"study": study, "site": site, "role": role, "codes": codes}
        return str(op.create(Kind.POOL, "pool_issued", facts=facts, study=study, site=site).code)

    asked = {"act": "pool_issued", "study": study, "site": site, "role": role, "count": count}
    return get(actor, perform(actor, key, asked, work))


def _taken(codes: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    for start in range(0, len(codes), 500):
        part = codes[start : start + 500]
        found.update(db.session.execute(select(SpecimenRow.code).where(SpecimenRow.code.in_(part))).scalars())
    return frozenset(found)


def get(actor: Actor, code: str) -> PoolView:
    """Return a pool of one's own study and site; raises NotFound `unknown_pool`."""
    _permit(actor)
    pool: Pool = tenancy.load(Kind.POOL, code, actor)
    return PoolView(pool, _taken(pool.codes))


def pools(actor: Actor) -> list[PoolView]:
    """Return the pools of one's own study and sites, newest first."""
    _permit(actor)
    table = table_of(Kind.POOL)
    rows = db.session.execute(
        select(table).where(tenancy.visible(Kind.POOL, actor)).order_by(table.c.id.desc())
    ).mappings()
    found: list[Pool] = [state_of(Kind.POOL, row) for row in rows]
    taken = _taken([code for pool in found for code in pool.codes])
    return [PoolView(pool, taken & set(pool.codes)) for pool in found]


def pool_of(actor: Actor, code: str) -> str | None:
    """Return the pool of a label that belongs to no tube yet, as far as this person sees it."""
    found = db.session.execute(select(_LABEL.c.pool).where(_LABEL.c.code == code)).scalar()
    if found is None or not actor.may(Permission.LABEL_PRINT):
        return None
    try:
        return found if code in get(actor, found).free else None
    except NotFound:
        return None


def print_pool(
    actor: Actor,
    code: str,
    choice: Choice,
    *,
    codes: Sequence[str] = (),
    reason: str = "",
    key: str | None = None,
    language: str = "en",
) -> Printed:
    """Print the free labels of a pool; once it was printed, only the *codes* that failed, with a *reason* in words.

    Raises:
        BadInput: fields `stock`, `codes`, `reason`. Refused: `label_nothing_to_print`.
    """
    view = get(actor, code)
    if choice.copies != 1:  # two labels with one identifier would be put on two tubes
        raise BadInput("form_incomplete", {"copies": "number_out_of_range"})
    again = view.pool.printed > 0
    if not set(codes) <= set(view.free) or (again and not codes):
        raise BadInput("form_incomplete", {"codes": "choose_one"})
    if again and not reason.strip():
        raise BadInput("form_incomplete", {"reason": "reason_needed"})
    if problem := free_text.problem(reason.strip()):
        raise BadInput("form_incomplete", {"reason": problem})
    wanted = [each for each in view.free if not codes or each in codes]
    document = _drawn(view.pool, wanted, choice, language_of(language)) if wanted else b""

    def work(op: Operation) -> dict[str, Any]:
        held: Pool = seen(op, Kind.POOL, code)
        if not wanted:
            raise Refused("label_nothing_to_print")
        if held.printed != view.pool.printed:
            raise Refused("label_printed_meanwhile", code=code)
        job = queued(op, choice, document, source="pool", subject=code, codes=wanted, study=held.study)
        op.append(
            Kind.POOL,
            code,
            "label_printed",
            facts={**facts_of(choice, job), "labels": len(wanted), **({"again": wanted} if again else {})},
            sealed={"reason": reason.strip()} if again else None,
        )
        return {"at": op.now, "job": job}

    asked = {"act": "print_pool", "code": code, "codes": sorted(codes), "reason": reason, **asked_of(choice)}
    outcome = perform(actor, key, asked, work)
    if outcome["job"]:
        printer_worker.wake()
    return Printed(document, f"pool-{code}.pdf", tuple(wanted), outcome["at"], outcome["job"])


def _drawn(pool: Pool, codes: Sequence[str], choice: Choice, language: str) -> bytes:
    stock, words = stock_of(choice), POOL[language]
    study = protocol_of(pool.study).study.label
    said = {
        "study_visit": study, "participant_visit": words["participant"], "participant_word": words["participant"],
        "collected": words["collected"], "kind": study if pool.role == "cryovial" else "",
    }  # fmt: skip
    try:
        labels = [blank(each, stock, pool.role, **said) for each in codes]
    except LabelError as error:
        raise told(error) from error
    return drawn(labels, choice)


# ------------------------------------------------------------------------------------------------ taking one


def bound(op_or_db: Any, study: str, site: str, scans: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return tube → (identifier, pool) for labels that were scanned beside tubes (tube → what the scanner sent).

    Raises:
        BadInput: the field of each tube whose label is none of a pool of this study and site, is taken, or was
            scanned twice.
    """
    wrong: dict[str, str] = {}
    read: dict[str, str] = {}
    for tube, raw in scans.items():
        try:
            read[tube] = read_scan(raw).code
        except BadInput as unreadable:
            wrong[tube] = unreadable.code
    pool = table_of(Kind.POOL)
    rows = op_or_db.execute(
        select(_LABEL.c.code, _LABEL.c.pool, SpecimenRow.code.label("specimen"))
        .join(pool, pool.c.code == _LABEL.c.pool)
        .outerjoin(SpecimenRow, SpecimenRow.code == _LABEL.c.code)
        .where(_LABEL.c.code.in_(list(read.values())), pool.c.study == study, pool.c.site == site)
    )
    found = {row.code: row for row in rows}
    first: dict[str, str] = {}
    for tube, code in read.items():
        if code not in found:
            wrong[tube] = "not_a_pool_label"
        elif found[code].specimen:
            wrong[tube] = "pool_label_taken"
        elif code in first:
            wrong[tube] = "pool_label_twice"
        first.setdefault(code, tube)
    if wrong:
        about = {tube: {"code": code} for tube, code in read.items()}
        raise BadInput("form_incomplete", wrong, about=about)
    return {tube: (code, found[code].pool) for tube, code in read.items()}


def check(study: str, site: str, scans: Mapping[str, str]) -> None:
    """Ask before anything is planned whether labels can be taken; raises as `bound`."""
    bound(db.session, study, site, scans)


def any_free(study: str, site: str) -> bool:
    """Say whether a study has a free pre-printed label at a site."""
    pool = table_of(Kind.POOL)
    return (
        db.session.execute(
            select(_LABEL.c.id)
            .join(pool, pool.c.code == _LABEL.c.pool)
            .outerjoin(SpecimenRow, SpecimenRow.code == _LABEL.c.code)
            .where(pool.c.study == study, pool.c.site == site, pool.c.printed > 0, SpecimenRow.id.is_(None))
            .limit(1)
        ).first()
        is not None
    )
