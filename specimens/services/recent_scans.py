"""The last scans at a box, at a batch or when taking out: read from the ledger, so that a reload shows the same."""

from collections.abc import Iterable

from sqlalchemy import Select, select

from specimens.domain.access import Actor
from specimens.domain.entry import read_entry
from specimens.domain.storage import Storage
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenRow
from specimens.models.transfer import NearMissRow
from specimens.services import scan
from specimens.services.clock import now_ms
from specimens.services.scan import ScanOutcome

_SHOWN = 5
_DAY_MS = 24 * 60 * 60_000
_CALM = {
    "already": scan.ALREADY,
    "already_stored_here": scan.ALREADY,
    "other_temperature": scan.CHECK,
    "storage_not_planned": scan.CHECK,
    "already_seen": scan.ALREADY,
    "already_picked": scan.ALREADY,
    "check_lines_open": scan.CHECK,
    "pick_lines_open": scan.CHECK,
}

#: What these refusals counted is gone by now: another sentence says what was scanned.
_AS_HISTORY = {"check_lines_open": "finish_came_early", "pick_lines_open": "finish_came_early"}

Timed = tuple[int, ScanOutcome]


def at_box(actor: Actor, unit: Storage) -> list[ScanOutcome]:
    """Return what the last five scans at a storage unit came to, newest first."""
    rows = db.session.execute(put_there(unit.code, actor.study))
    done: list[Timed] = []
    for row in rows:
        position = read_entry(row.body).facts.get("position")
        facts = {"code": row.subject_code, "unit": unit.name, "well": position}
        code = "stored_in_well" if position else "stored_in_unit"
        done.append((row.recorded_at, ScanOutcome(scan.OK, code, facts, row.subject_code)))
    return newest(done, refused(actor, unit.code, {"unit": unit.name}))


def put_there(unit: str, study: str | None) -> Select[str, int, bytes]:
    """Return the statement for the last entries by which what lies in a unit came there: from the tubes that lie there.

    Not a join: that way around, an engine reads the entries of every specimen there is.
    """
    there = select(SpecimenRow.code).where(SpecimenRow.place == unit)
    return (
        select(LedgerEntry.subject_code, LedgerEntry.recorded_at, LedgerEntry.body)
        .where(
            LedgerEntry.subject_kind == str(Kind.SPECIMEN),
            LedgerEntry.subject_code.in_(there),
            LedgerEntry.act.in_(("stored", "moved")),
            LedgerEntry.study == study,
        )
        .order_by(LedgerEntry.id.desc())
        .limit(_SHOWN)
    )


def at_batch(actor: Actor, batch: str) -> list[ScanOutcome]:
    """Return what the last five scans at a batch came to, newest first."""
    rows = db.session.execute(
        select(LedgerEntry.recorded_at, LedgerEntry.body)
        .where(
            LedgerEntry.subject_kind == str(Kind.BATCH),
            LedgerEntry.subject_code == batch,
            LedgerEntry.act == "batch_joined",
        )
        .order_by(LedgerEntry.seq.desc())
        .limit(_SHOWN)
    )
    done = []
    for row in rows:
        code = read_entry(row.body).facts["specimen"]
        done.append((row.recorded_at, ScanOutcome(scan.OK, "in_the_batch", {"code": code}, code)))
    return newest(done, refused(actor, batch, {"batch": batch}))


def taken_out(actor: Actor) -> list[ScanOutcome]:
    """Return the last five specimens that this person took out of storage today, newest first."""
    rows = db.session.execute(
        select(LedgerEntry.subject_code)
        .where(
            LedgerEntry.subject_kind == str(Kind.SPECIMEN),
            LedgerEntry.act == "retrieved",
            LedgerEntry.actor_user == actor.user,
            LedgerEntry.recorded_at > now_ms() - _DAY_MS,
        )
        .order_by(LedgerEntry.id.desc())
        .limit(_SHOWN)
    ).scalars()
    return [ScanOutcome(scan.OK, "taken_out", {"code": code}, code) for code in rows]


def refused(actor: Actor, subject: str, facts: dict[str, str]) -> list[Timed]:
    """Return the last scans of a day that were refused where *subject* was open; *facts* are what sentences name."""
    rows = db.session.execute(
        select(NearMissRow.refusal, NearMissRow.read, NearMissRow.happened_at)
        .where(
            NearMissRow.study == actor.study,
            NearMissRow.happened_at > now_ms() - _DAY_MS,
            NearMissRow.subject == subject,
        )
        .order_by(NearMissRow.happened_at.desc())
        .limit(_SHOWN)
    )
    return [
        (
            row.happened_at,
            ScanOutcome(
                _CALM.get(row.refusal, scan.STOP),
                _AS_HISTORY.get(row.refusal, row.refusal),
                {**facts, "code": row.read},
                row.read,
            ),
        )
        for row in rows
    ]


def newest(*told: Iterable[Timed]) -> list[ScanOutcome]:
    """Return the five newest of several lists of outcomes."""
    every = [each for some in told for each in some]
    return [outcome for _, outcome in sorted(every, key=lambda each: each[0], reverse=True)[:_SHOWN]]
