"""Undo: one's own last act, at the same station, within a quarter of an hour. It is an entry: the original stays."""

from collections.abc import Iterable

from sqlalchemy import select

from specimens.domain import custody, fold
from specimens.domain.access import Actor
from specimens.domain.custody import Refusal
from specimens.domain.entry import Entry
from specimens.domain.errors import NotPermitted, Refused
from specimens.domain.identifiers import COMMANDS, ScanText
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Mode, Role
from specimens.models.ledger import LedgerEntry
from specimens.services import tenancy
from specimens.services.entries import entries_of
from specimens.services.record import Operation
from specimens.services.scan import CHECK, OK, ScanOutcome, Stop, scanned, stoppable
from specimens.services.study import protocol_of

UNDO_MINUTES = 15
_READERS = frozenset({Role.AUDITOR, Role.MONITOR, Role.ADMINISTRATOR})

#: Lists whose lines say nothing about each other: one is taken back although others came after it.
_LISTS = frozenset({Kind.INVENTORY, Kind.PICK})

#: What cannot be taken back, because paper left the printer or somebody else relies on it.
FOR_GOOD = frozenset({"label_printed", "cap_printed", "undone", "corrected", "redacted", "destroyed"})


def undo(
    actor: Actor,
    raw: str,
    key: str | None,
    *,
    reason: str | None,
    subject: str | None = None,
    mode: str = Mode.SCAN,
) -> ScanOutcome:
    """Take back the last act on a specimen, by scanning the tube again and choosing a reason (code).

    Only one's own act, at the same station, at most 15 minutes ago, and only while it is the last on every subject
    that it touched.

    Returns:
        The outcome. Without a reason that the protocol offers it asks for one (`ask`: `undo`), and nothing is left.
    """
    if actor.role in _READERS:
        raise NotPermitted("not_permitted")

    def act(operation: Operation, text: ScanText) -> ScanOutcome:
        if text.code in COMMANDS:
            raise Stop(Refusal("command_elsewhere", {"command": COMMANDS[text.code]}), verdict=CHECK)
        entries = entries_of(operation.session, Kind.SPECIMEN, text.code)
        if entries:  # locked in the order of the house: what the last act touched, this tube among it
            touched = _touched(operation, entries[-1].operation)
            if 1 in touched.values():  # something came into being with it, and cannot unhappen
                raise Stop(Refusal("nothing_to_undo", {"code": text.code}))
            operation.lock(touched)
        specimen: Specimen = operation.load(Kind.SPECIMEN, text.code)
        tenancy.must_see(Kind.SPECIMEN, specimen, actor)
        last = entries_of(operation.session, Kind.SPECIMEN, text.code)[-1]
        if last.act in FOR_GOOD or last.seq == 1:
            raise Stop(Refusal("nothing_to_undo", {"code": text.code}))
        if last.actor["user"] != actor.user or last.station != actor.station:
            raise Stop(Refusal("not_your_act", {"code": text.code, "who": last.actor["name"]}))
        if operation.now - last.recorded_at > UNDO_MINUTES * 60_000:
            raise Stop(Refusal("too_late_to_undo", {"code": text.code, "minutes": UNDO_MINUTES}))
        facts = {"code": text.code, "act": last.act}
        if reason not in {each.code for each in protocol_of(specimen.study).reasons_for("undo")}:
            return ScanOutcome(CHECK, "undo_reason", facts, text.code, specimen, text.code, "undo")
        take_back(operation, last.operation, reason)
        return ScanOutcome(OK, "undone_ok", facts, text.code, specimen)

    what = {"act": "undo", "reason": reason}
    return scanned(actor, raw, stoppable(act, raw, subject), key=key, what=what, subject=subject, mode=mode)


def _touched(operation: Operation, undone: str) -> dict[tuple[Kind, str], int]:
    """Return every subject that an operation touched, with the number of its last entry on it."""
    rows = operation.session.execute(
        select(LedgerEntry.subject_kind, LedgerEntry.subject_code, LedgerEntry.seq).where(
            LedgerEntry.operation == undone
        )
    ).all()
    touched: dict[tuple[Kind, str], int] = {}
    for row in rows:
        subject = (Kind(row.subject_kind), row.subject_code)
        touched[subject] = max(row.seq, touched.get(subject, 0))
    return touched


def take_back(operation: Operation, undone: str, reason: str) -> None:
    """Append `undone` on every subject that an operation touched.

    Raises:
        Stop: `not_the_last` when something came after it on one of them; of a check or a pick list, when it was closed.
    """
    touched = _touched(operation, undone)
    operation.lock(touched)
    for (kind, code), seq in sorted(touched.items()):
        on = kind not in _LISTS or operation.load(kind, code).closed_at is not None
        if operation.seq_of(kind, code) != seq and on:
            raise Stop(Refusal("not_the_last", {"code": code}))
    for kind, code in sorted(touched):
        operation.append(kind, code, fold.UNDONE, facts={"operation": undone}, reason=reason)


def legal(entries: Iterable[Entry]) -> str | None:
    """Return the act at which a specimen's history becomes impossible, or None: asked before a correction is kept."""
    state: Specimen | None = None
    for entry in fold.effective(entries):
        rule = custody.RULES[entry.act]
        if state is not None:
            if rule.before and state.status not in rule.before:
                return entry.act
            taken = state.collected_at is not None and entry.happened_at < state.collected_at
            if taken and entry.act not in ("collected", "label_printed", "label_confirmed"):
                return entry.act
        state = fold.apply(Kind.SPECIMEN, state, entry)
        if state is not None and state.volume_ul is not None and state.volume_ul < 0:
            return entry.act
    return None


def must_be_legal(operation: Operation, code: str) -> None:
    """Raise Refused when the entries of a specimen, as they stand in this operation, no longer make sense."""
    if act := legal(entries_of(operation.session, Kind.SPECIMEN, code)):
        raise Refused("correction_impossible", code_of=code, act=act)
