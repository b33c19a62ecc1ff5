"""The last scans at a list: read from the ledger, so that a reload, or a colleague, sees the same five."""

from typing import Any

from sqlalchemy import select

from specimens.domain.access import Actor
from specimens.domain.entry import read_entry
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Outcome
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.transfer import NearMissRow
from specimens.services import scan
from specimens.services.hands import specimens_in
from specimens.services.scan import ScanOutcome

_PACKING = ("line_packed", "line_unpacked")
_RECEIPT = ("line_judged", "extra_found", "receipt_closed")
_TOLD = {"line_packed": "packed", "line_unpacked": "unpacked", "extra_found": "received_extra"}
_CALM = {"already", "already_received"}
#: What these refusals counted is gone by now: another sentence says what was scanned.
_AS_HISTORY = {"receipt_lines_open": "finish_came_early"}
_DAY_MS = 86_400_000


def last_five(actor: Actor, transfer: str, now: int, *, packing: bool = False) -> list[ScanOutcome]:
    """Return what the last five scans of a receipt (or of *packing*) came to, newest first.

    Refusals at this station are among them.
    """
    entries = db.session.execute(
        select(LedgerEntry.body, LedgerEntry.recorded_at, LedgerEntry.seq)
        .where(
            LedgerEntry.subject_kind == str(Kind.TRANSFER),
            LedgerEntry.subject_code == transfer,
            LedgerEntry.act.in_(_PACKING if packing else _RECEIPT),
        )
        .order_by(LedgerEntry.seq.desc())
        .limit(5)
    ).all()
    misses = db.session.execute(
        select(NearMissRow.refusal, NearMissRow.read, NearMissRow.happened_at, NearMissRow.id)
        .where(
            NearMissRow.study == actor.study,
            NearMissRow.happened_at > now - _DAY_MS,
            NearMissRow.subject == transfer,
            NearMissRow.station == actor.station,
        )
        .order_by(NearMissRow.happened_at.desc())
        .limit(5)
    ).all()
    found: list[tuple[tuple[int, int], ScanOutcome]] = [
        ((row.recorded_at, row.seq), _told(row.body, transfer)) for row in entries
    ]
    tubes = specimens_in(db.session, {row.read for row in misses if row.read})
    for row in misses:
        if row.refusal in _AS_HISTORY:
            early = ScanOutcome(scan.CHECK, _AS_HISTORY[row.refusal], {})
            found.append(((row.happened_at, 0), early))
            continue
        verdict = scan.ALREADY if row.refusal in _CALM else scan.STOP
        facts = _facts(row.read, tubes.get(row.read or ""))
        found.append(((row.happened_at, 0), ScanOutcome(verdict, row.refusal, facts, row.read)))
    return [outcome for _, outcome in sorted(found, key=lambda each: each[0], reverse=True)[:5]]


def _facts(read: str | None, tube: Specimen | None) -> dict[str, Any]:
    """Return what the sentence of a refusal names, as it is by now: a near miss keeps its code and the scan alone."""
    if tube is None:
        return {"code": read}
    hold = tube.holds[0] if tube.holds else None
    return {
        "code": read,
        "status": tube.status,
        "outcome": tube.status,
        "transfer": tube.transfer,
        "hold": hold,
    }


def _told(body: bytes, transfer: str) -> ScanOutcome:
    entry = read_entry(body)
    code: str | None = entry.facts.get("specimen")
    facts: dict[str, Any] = {"code": code, "transfer": transfer}
    if entry.act == "receipt_closed":
        return ScanOutcome(scan.OK, "receipt_closed", facts)
    if entry.act != "line_judged":
        verdict = scan.CHECK if entry.act == "extra_found" else scan.OK
        return ScanOutcome(verdict, _TOLD[entry.act], facts, code)
    outcome = entry.facts["outcome"]
    verdict = scan.OK if outcome == Outcome.ACCEPTED else scan.CHECK
    return ScanOutcome(verdict, f"received_{outcome}", facts, code)
