"""Processing: a batch of tubes that go through the same steps; each step is written on every one of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.batch import HAEMOLYSED_FROM, STEPS, Batch, facts_of, wrong_fields
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.identifiers import ScanText
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Clock, Flag, Kind, Mode, Status
from specimens.models.base import db
from specimens.models.transfer import BatchRow
from specimens.services import scan, tenancy
from specimens.services.hands import (
    Stop,
    ask,
    check,
    children_of,
    held_here,
    permit,
    scanning,
    seen,
    specimens_in,
    tube,
)
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.scan import ScanOutcome

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with its tubes, in the order in which they joined; those made in it stand among them."""

    batch: Batch
    specimens: tuple[Specimen, ...]


def open_batch(actor: Actor, name: str, *, key: str | None = None) -> Batch:
    """Open a batch; *name* says what is done in it (“serum, Tuesday”), never whose it is.

    Raises:
        BadInput: field `name`.
    """
    permit(actor, Permission.PROCESS)
    name = " ".join(name.split())
    if not (1 <= len(name) <= _LONGEST_NAME and name.isprintable()):
        raise BadInput("form_incomplete", {"name": "name_unusable"})

    def work(op: Operation) -> str:
        if actor.site is None:
            raise Refused("no_site")
        facts = {"study": actor.study, "site": actor.site, "name": name}
        batch: Batch = op.create(Kind.BATCH, "batch_opened", facts=facts)
        return batch.code

    return _now(perform(actor, key, {"act": "open_batch", "name": name}, work))


def join(actor: Actor, batch: str, raw: str, *, key: str | None = None, mode: str = Mode.SCAN) -> ScanOutcome:
    """Put a received tube into the batch by scanning it."""
    permit(actor, Permission.PROCESS)

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        running = open_batch_of(op, batch)
        specimen = tube(op, text.code)
        if specimen.batch == batch:
            raise Stop("already", status=specimen.status)
        ask(op, "joined", specimen)
        if not held_here(actor, specimen):
            raise Stop("not_in_your_hands")
        if specimen.batch and op.load(Kind.BATCH, specimen.batch).closed_at is None:
            raise Stop("in_another_batch", batch=specimen.batch)
        after = op.append(Kind.SPECIMEN, text.code, "joined", facts={"batch": batch})
        op.append(Kind.BATCH, batch, "batch_joined", facts={"specimen": text.code})
        facts = {"code": text.code, "count": len(running.specimens) + 1}
        return ScanOutcome(scan.OK, "joined", facts, text.code, after)

    return scanning(actor, raw, act, key=key, what={"act": "join"}, subject=batch, mode=mode)


def open_batch_of(op: Operation, code: str) -> Batch:
    """Return a batch of the actor's site that is still open, locked.

    Raises:
        NotFound, NotPermitted; Refused: `batch_closed`.
    """
    batch: Batch = seen(op, Kind.BATCH, code)
    if not tenancy.own_site(op.actor, batch.site):
        raise NotPermitted("not_permitted")
    if batch.closed_at is not None:
        raise Refused("batch_closed", batch=code, closed_at=batch.closed_at)
    return batch


def record_step(
    actor: Actor,
    batch: str,
    step: str,
    values: Mapping[str, Any] | None = None,
    *,
    specimens: Iterable[str] | None = None,
    happened_at: int | None = None,
    lot: str = "",
    key: str | None = None,
) -> Batch:
    """Record a step on the tubes of a batch (all that have not ended, or those named), at the time it began.

    *values* are whole numbers and yes/no as `STEPS` lists them; *lot* the number on the medium or reagent.

    Raises:
        BadInput: fields of the step.
        Refused: `batch_empty`, `not_in_this_batch`, or what forbids the act for one of the tubes.
    """
    permit(actor, Permission.PROCESS)
    if step not in STEPS:
        raise BadInput("form_incomplete", {"step": "step_needed"})
    done, given = STEPS[step], dict(values or {})
    if wrong := wrong_fields(done, given):
        raise BadInput("form_incomplete", wrong)
    if len(lot) > 64 or not lot.isprintable():
        raise BadInput("form_incomplete", {"lot": "too_long"})
    chosen = None if specimens is None else sorted(set(specimens))

    def work(op: Operation) -> str:
        running = open_batch_of(op, batch)
        tubes = _tubes(op, running, chosen)
        at = op.now if happened_at is None else happened_at
        for each in tubes:
            check(op, done.act, each, happened_at=happened_at)
            if not held_here(actor, each):
                raise Refused("not_in_your_hands", code=each.code)
        facts = facts_of(done, given, at)
        if given.get("haemolysis_grade", 0) >= HAEMOLYSED_FROM:
            facts["add_flags"] = [str(Flag.HAEMOLYSED)]
        said: dict[str, Any] = {"sealed": {"lot": lot.strip()}}
        if happened_at is not None:
            said |= {"happened_at": happened_at, "happened_by": Clock.PERSON}
        for each in tubes:
            op.append(Kind.SPECIMEN, each.code, done.act, facts=facts, **said)
        if "add_flags" in facts:
            _flag_children(op, tubes, facts["add_flags"])
        written = {"step": step, "values": given, "tubes": [each.code for each in tubes]}
        op.append(Kind.BATCH, batch, "step_recorded", facts=written, **said)
        return batch

    asked = {
        "act": "record_step", "batch": batch, "step": step, "values": given, "specimens": chosen,
        "at": happened_at, "lot": lot,
    }  # fmt: skip
    return _now(perform(actor, key, asked, work))


def _flag_children(op: Operation, tubes: Iterable[Specimen], flags: list[str]) -> None:
    """What is found out about a tube is true of what was already made from it."""
    done = {each.code for each in tubes}
    below = sorted({child for each in tubes for child in children_of(op, each.code)} - done)
    for code in below:
        child: Specimen = op.load(Kind.SPECIMEN, code)
        if not set(flags) <= set(child.flags):
            op.append(Kind.SPECIMEN, code, "flagged", facts={"add_flags": flags}, reason="true_of_parent")


def _tubes(op: Operation, batch: Batch, chosen: list[str] | None) -> list[Specimen]:
    if chosen is not None and (strange := [code for code in chosen if code not in batch.specimens]):
        raise Refused("not_in_this_batch", code=strange[0])
    codes = sorted(batch.specimens) if chosen is None else chosen
    op.lock((Kind.SPECIMEN, code) for code in codes)
    tubes = [tube(op, code) for code in codes]
    if chosen is None:
        over = ENDED | {Status.STORED, Status.MISSING, Status.SHIPPED}
        tubes = [each for each in tubes if each.status not in over and each.batch == batch.code]
    if not tubes:
        raise Refused("batch_empty", batch=batch.code)
    return tubes


def close_batch(actor: Actor, batch: str, *, key: str | None = None) -> Batch:
    """Close a batch: nothing joins it any more."""
    permit(actor, Permission.PROCESS)

    def work(op: Operation) -> str:
        open_batch_of(op, batch)
        op.append(Kind.BATCH, batch, "batch_closed")
        return batch

    return _now(perform(actor, key, {"act": "close_batch", "batch": batch}, work))


def _now(code: str) -> Batch:
    table = table_of(Kind.BATCH)
    row = db.session.execute(select(table).where(table.c.code == code)).mappings().one()
    batch: Batch = state_of(Kind.BATCH, row)
    return batch


def get(actor: Actor, code: str) -> BatchView:
    """Return a batch with its tubes; raises NotFound."""
    batch: Batch = tenancy.load(Kind.BATCH, code, actor)
    found = specimens_in(db.session, batch.specimens)
    return BatchView(batch, tuple(found[each] for each in batch.specimens if each in found))


def batches(actor: Actor, *, closed: bool = False, limit: int = 100) -> tuple[Batch, ...]:
    """Return the batches of the actor's sites, newest first."""
    table = table_of(Kind.BATCH)
    over = table.c.closed_at.is_not(None) if closed else table.c.closed_at.is_(None)
    rows = db.session.execute(
        select(table)
        .where(tenancy.visible(Kind.BATCH, actor), over)
        .order_by(BatchRow.id.desc())
        .limit(limit)
    ).mappings()
    return tuple(state_of(Kind.BATCH, row) for row in rows)
