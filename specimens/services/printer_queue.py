"""The queue of what is printed. It is a table: it survives a restart, and nothing is sent twice by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, insert, or_, select, true, update

from specimens.domain import free_text
from specimens.domain.access import Actor, Permission, system_actor
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.print_job import CLOSED, TRY_AGAIN_S, JobState
from specimens.domain.printer import Printer
from specimens.domain.terms import Kind, Mode
from specimens.ledger.uuid7 import uuid7
from specimens.models.base import db
from specimens.models.printing import PrintJob
from specimens.services import tenancy
from specimens.services.clock import now_ms
from specimens.services.hands import names_of
from specimens.services.printer_send import Result
from specimens.services.record import Operation, writing
from specimens.services.row import state_of, table_of

_JOB: Table = PrintJob.__table__  # type: ignore[assignment]

#: A process that sends holds the job this long, milliseconds; sending itself ends well before.
LEASE_MS = 150_000
_KEPT_MS = 7 * 24 * 60 * 60 * 1000
_MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Job:
    """Something in the queue, without its document. Instants are milliseconds, UTC; `who` is who asked for it.

    `changed_by` is the person who decided on it last, empty where nobody had to.
    """

    code: str
    printer: str
    printer_name: str
    site: str
    source: str
    subject: str
    codes: tuple[str, ...]
    copies: int
    state: str
    why: str | None
    said: str | None
    tries: int
    not_before: int
    asked_at: int
    changed_at: int
    who: str
    changed_by: str = ""

    @property
    def labels(self) -> int:
        """How many labels should come out."""
        return len(self.codes) * self.copies

    @property
    def open(self) -> bool:
        """Say whether it still waits for something or somebody."""
        return self.state not in CLOSED


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this process holds and nobody else sends, with the printer as it is now."""

    code: str
    lease: str
    printer: Printer
    document: bytes
    tries: int


def add(
    op: Operation,
    printer: Printer,
    document: bytes,
    *,
    source: str,
    subject: str,
    codes: Sequence[str],
    copies: int,
    study: str | None,
) -> str:
    """Put a document into a printer's queue, in the transaction that says that it is printed; return its code."""
    code = uuid7(op.now)
    op.connection.execute(
        insert(_JOB),
        {
            "code": code, "printer": printer.code, "site": printer.site, "study": study, "source": source,
            "subject": subject, "codes": tuple(codes), "copies": copies, "document": document,
            "state": str(JobState.WAITING), "tries": 0, "not_before": op.now, "asked_by": op.actor.user,
            "asked_at": op.now, "changed_at": op.now,
        },
    )  # fmt: skip
    return code


# ------------------------------------------------------------------------------------------------ the worker's


def abandoned() -> int:
    """Say of every job whose sender did not come back that nobody knows what came out; return how many."""
    now = now_ms()
    stale = and_(_JOB.c.state == str(JobState.SENDING), _JOB.c.lease_until < now)
    if db.session.execute(select(_JOB.c.id).where(stale).limit(1)).first() is None:
        return 0
    with writing(system_actor(), mode=Mode.SYSTEM) as op:
        done = op.connection.execute(
            update(_JOB).where(stale).values(
                state=str(JobState.UNKNOWN), why="printer_interrupted", lease=None, lease_until=None, changed_at=now
            )
        )  # fmt: skip
    return int(done.rowcount)


def claim() -> Claimed | None:
    """Take the next job whose printer is free; another process that asks at the same moment gets another, or none."""
    now = now_ms()
    printers = table_of(Kind.PRINTER)
    other = _JOB.alias()
    busy = select(other.c.id).where(other.c.printer == _JOB.c.printer, other.c.state == str(JobState.SENDING))
    due = (
        select(_JOB.c.code)
        .join(printers, printers.c.code == _JOB.c.printer)
        .where(
            _JOB.c.state == str(JobState.WAITING), _JOB.c.not_before <= now, printers.c.active, ~busy.exists()
        )
        .order_by(_JOB.c.id)
        .limit(1)
    )
    if db.session.execute(due).first() is None:
        db.session.rollback()
        return None
    try:
        with writing(system_actor(), mode=Mode.SYSTEM) as op:
            code = op.connection.execute(due).scalar()
            if code is None:
                return None
            lease = uuid7(op.now)
            taken = op.connection.execute(
                update(_JOB)
                .where(_JOB.c.code == code, _JOB.c.state == str(JobState.WAITING))
                .values(
                    state=str(JobState.SENDING), lease=lease, lease_until=now + LEASE_MS,
                    tries=_JOB.c.tries + 1, changed_at=now,
                )
            )  # fmt: skip
            if taken.rowcount != 1:
                return None
            row = op.connection.execute(select(_JOB).where(_JOB.c.code == code)).mappings().one()
            held = select(printers).where(printers.c.code == row["printer"])
            printer = state_of(Kind.PRINTER, op.connection.execute(held).mappings().one())
    except Conflict:  # the other process was first at this printer
        return None
    return Claimed(code, lease, printer, bytes(row["document"]), row["tries"])


def settle(claimed: Claimed, result: Result) -> bool:
    """Write down how sending went; False when the lease had run out and somebody else has decided meanwhile."""
    now = now_ms()
    state, not_before = result.state, now
    if state is JobState.WAITING:
        if claimed.tries > len(TRY_AGAIN_S):
            state = JobState.FAILED
        else:
            not_before = now + TRY_AGAIN_S[claimed.tries - 1] * 1000
    values: dict[str, Any] = {
        "state": str(state), "why": result.why, "said": result.said or None, "not_before": not_before,
        "lease": None, "lease_until": None, "changed_at": now,
    }  # fmt: skip
    if state is JobState.SENT:
        values["document"] = None
    with writing(system_actor(), mode=Mode.SYSTEM) as op:
        done = op.connection.execute(
            update(_JOB).where(_JOB.c.code == claimed.code, _JOB.c.lease == claimed.lease).values(**values)
        )
    return done.rowcount == 1


# ------------------------------------------------------------------------------------------------- people's


def _seen(actor: Actor) -> ColumnElement[bool]:
    if not (actor.may(Permission.LABEL_PRINT) or actor.may(Permission.SITE_MANAGE)):
        raise NotPermitted("not_permitted")
    mine: ColumnElement[bool] = true() if actor.sites is None else _JOB.c.site.in_(actor.sites)
    if actor.study is None or not actor.may(Permission.LABEL_PRINT):
        return mine
    return and_(mine, or_(_JOB.c.study.is_(None), _JOB.c.study == actor.study))


def _jobs(*conditions: ColumnElement[bool]) -> list[Job]:
    printers = table_of(Kind.PRINTER)
    wanted = [each for each in _JOB.c if each.name not in ("document", "lease", "lease_until", "id", "study")]
    rows = db.session.execute(
        select(*wanted, printers.c.name.label("printer_name"))
        .join(printers, printers.c.code == _JOB.c.printer)
        .where(*conditions)
        .order_by(_JOB.c.id.desc())
        .limit(_MOST_LISTED)
    ).mappings()
    found = [dict(row) for row in rows]
    names = names_of([row[each] for row in found for each in ("asked_by", "changed_by") if row[each]])
    jobs = []
    for row in found:
        who = names.get(row.pop("asked_by"), "–")
        by = names.get(row.pop("changed_by") or "", "")
        jobs.append(Job(**row, who=who, changed_by=by))
    return jobs


def jobs(actor: Actor) -> list[Job]:
    """Return what is open at one's own sites, and what was closed within a week; open first, newest first."""
    recent = or_(_JOB.c.state.not_in([str(each) for each in CLOSED]), _JOB.c.changed_at > now_ms() - _KEPT_MS)
    return sorted(_jobs(_seen(actor), recent), key=lambda each: not each.open)


def job(actor: Actor, code: str) -> Job:
    """Return one job of one's own sites; raises NotFound."""
    found = _jobs(_seen(actor), _JOB.c.code == code)
    if not found:
        raise NotFound("unknown_print_job")
    return found[0]


def open_of(actor: Actor, subject: str) -> list[Job]:
    """Return what is not settled of a kit, a batch, a specimen, …"""
    return _jobs(_seen(actor), _JOB.c.subject == subject, _JOB.c.state.not_in([str(each) for each in CLOSED]))


#: What somebody may do → from which states, and what becomes of the job.
_ACTS: dict[str, tuple[frozenset[JobState], JobState]] = {
    "again": (frozenset({JobState.FAILED, JobState.WAITING}), JobState.WAITING),
    "printed": (frozenset({JobState.UNKNOWN}), JobState.SENT),
    "nothing_came": (frozenset({JobState.UNKNOWN}), JobState.WAITING),
    "cancel": (frozenset({JobState.WAITING, JobState.FAILED, JobState.UNKNOWN}), JobState.CANCELLED),
}


#: What somebody did → the entry that says so.
_ENTRY = {
    "again": "print_sent_again",
    "printed": "print_came_out",
    "nothing_came": "print_did_not_come",
    "cancel": "print_cancelled",
}


def may(job: Job) -> list[str]:
    """Return what somebody may do with a job as it stands."""
    return [act for act, (before, _) in _ACTS.items() if job.state in before]


def act(actor: Actor, code: str, what: str, *, reason: str = "", reprinted: bool = False) -> Job:
    """Send again what surely did not print (`again`, `nothing_came`), say that it came out (`printed`), `cancel`.

    Each is an entry on the printer. Cancelling needs a *reason* in words, but not where it is *reprinted*: then each
    label has an entry of its own that says why.

    Raises:
        NotFound: `unknown_print_job`. Refused: `print_job_moved` when it stands otherwise by now.
        BadInput: field `cancel_reason`.
    """
    held = job(actor, code)
    if not tenancy.own_site(actor, held.site):
        raise NotFound("unknown_print_job")
    before, after = _ACTS[what]
    said = reason.strip()
    if after is JobState.CANCELLED and not reprinted:
        wrong = "reason_needed" if not said else free_text.problem(said, longest=free_text.LONGEST_LINE)
        if wrong:
            raise BadInput("form_incomplete", {"cancel_reason": wrong})
    now = now_ms()
    values: dict[str, Any] = {
        "state": str(after), "why": None, "said": None, "changed_at": now, "changed_by": actor.user,
    }  # fmt: skip
    if after in CLOSED:
        values["document"] = None
    else:
        values |= {"tries": 0, "not_before": now}
    with writing(actor) as op:
        op.load(Kind.PRINTER, held.printer)
        done = op.connection.execute(
            update(_JOB)
            .where(_JOB.c.code == code, _JOB.c.state.in_([str(each) for each in before]))
            .values(**values)
        )
        if done.rowcount != 1:
            raise Refused("print_job_moved")
        _decided(op, held, what, said, reprinted)
    return job(actor, code)


def _decided(op: Operation, held: Job, what: str, reason: str, reprinted: bool) -> None:
    """Write who decided what: the labels' own entries say that they were printed, and name the job."""
    facts: dict[str, Any] = {
        "job": held.code, "source": held.source, "subject": held.subject, "codes": list(held.codes),
        "copies": held.copies, "stood": held.state, "reprinted": reprinted,
    }  # fmt: skip
    sealed = {"reason": reason} if reason else None
    op.append(Kind.PRINTER, held.printer, _ENTRY[what], facts=facts, sealed=sealed, site=held.site)
