"""The last scans at a kit, newest first, as the page shows them: from the ledger, so that a reload loses nothing."""

from typing import Any

from sqlalchemy import Integer, Table, bindparam, select

from specimens.domain.entry import read_entry
from specimens.domain.kit import Kit
from specimens.domain.terms import Kind, Mode
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services.row import table_of
from specimens.services.scan import ALREADY, CHECK, OK, STOP, ScanOutcome

_SHOWN = ("collected", "not_collected", "undone")

#: Refusals that a person answers on the spot; every other one is STOP.
_CHECKED = frozenset({"command_elsewhere", "identity_again", "identity_first", "yield_first"})


_LEDGER: Table = LedgerEntry.__table__  # type: ignore[assignment]
_SPECIMEN, _NEAR_MISS = table_of(Kind.SPECIMEN), table_of(Kind.NEAR_MISS)
_TUBES = select(_SPECIMEN.c.code).where(_SPECIMEN.c.kit == bindparam("of_kit"), _SPECIMEN.c.level == 0)
_KEPT = select(_LEDGER.c.id, _LEDGER.c.body).where(
    _LEDGER.c.subject_kind == str(Kind.SPECIMEN),
    _LEDGER.c.subject_code.in_(_TUBES),
    _LEDGER.c.act.in_(_SHOWN),
    _LEDGER.c.mode != str(Mode.FORM),
)
_REFUSED = (
    select(_LEDGER.c.id, _LEDGER.c.body)
    .join(_NEAR_MISS, _NEAR_MISS.c.code == _LEDGER.c.subject_code)
    .where(
        _LEDGER.c.subject_kind == str(Kind.NEAR_MISS),
        _NEAR_MISS.c.study == bindparam("of_study"),
        _NEAR_MISS.c.happened_at >= bindparam("since"),
        _NEAR_MISS.c.subject == bindparam("of_kit"),
    )
)
_NEWEST = tuple(
    each.order_by(_LEDGER.c.id.desc()).limit(bindparam("most", type_=Integer)) for each in (_KEPT, _REFUSED)
)


def last_scans(kit: Kit, limit: int = 5) -> list[ScanOutcome]:
    """Return what was scanned last at a kit: what was kept on its tubes, and what was refused while it was open."""
    since = kit.opened_at or kit.planned_at or 0
    asked = {"of_kit": kit.code, "of_study": kit.study, "since": since, "most": limit}
    found: list[Any] = []
    for statement in _NEWEST:
        found.extend(db.session.execute(statement, asked).all())
    found.sort(key=lambda row: row.id, reverse=True)
    return [_told(row.body) for row in found[:limit]]


def _told(body: bytes) -> ScanOutcome:
    entry = read_entry(body)
    if entry.kind == Kind.NEAR_MISS:
        refusal, read = entry.facts["refusal"], entry.facts.get("read")
        verdict = ALREADY if refusal == "already" else CHECK if refusal in _CHECKED else STOP
        told = "last_already" if verdict == ALREADY else "last_refused"
        return ScanOutcome(verdict, told, {"refusal": refusal, "recorded_at": entry.recorded_at}, read)
    facts = {"code": entry.code, "reason": entry.reason, "happened_at": entry.happened_at}
    return ScanOutcome(OK, f"last_{entry.act}", facts, entry.code)
