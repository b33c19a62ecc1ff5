"""Taking a text out of the record: somebody typed what may not be here. The entry stays and still verifies.

Text and salt are blanked and an entry says who did it, when and why. The list of what was redacted also lies in a
file outside the database, so that a backup that is put back does not bring the text back.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields

from sqlalchemy import insert, select, text, update

from specimens.domain import fold
from specimens.domain.access import Actor, Permission, system_actor
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.free_text import problem
from specimens.domain.terms import Kind, Mode
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry, Redaction, SealedText
from specimens.services import audit, audit_sight, outside
from specimens.services.hands import permit
from specimens.services.record import Operation, writing
from specimens.services.request import perform

FILE = "redactions.jsonl"
#: Fields of a record that are sealed and may hold what somebody typed; the others are answers, and are corrected.
_TYPED = {(Kind.LOGIN, "name"), (Kind.NEAR_MISS, "raw")}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed text that may be redacted: of which entry (its number in the record), and which of its texts."""

    entry: str
    seq: int
    act: str
    name: str
    text: str | None


def may_redact(actor: Actor, kind: Kind, name: str) -> bool:
    """Say whether this person may take a text of a record of *kind* away; nobody redacts what is an answer."""
    known = {each.name for each in fields(fold.PROJECTIONS[kind][0])}
    if not actor.may(Permission.REDACT) or (name in known and (kind, name) not in _TYPED):
        return False
    return audit.reads_texts(actor, kind) or (kind is Kind.LOGIN and actor.may(Permission.PEOPLE_MANAGE))


def find(actor: Actor, kind: Kind, code: str, seq: int, name: str) -> Sealed:
    """Return the text that is meant.

    Raises:
        NotPermitted: without `text:redact`.
        NotFound: `unknown_record` if there is none, it is out of sight, is an answer, or was redacted already.
    """
    permit(actor, Permission.REDACT)
    if not audit_sight.sees(actor, kind, code) or not may_redact(actor, kind, name):
        raise NotFound("unknown_record")
    row = db.session.execute(
        select(LedgerEntry.entry_id, LedgerEntry.act, SealedText.text)
        .join(SealedText, SealedText.entry_id == LedgerEntry.entry_id)
        .where(
            LedgerEntry.subject_kind == str(kind),
            LedgerEntry.subject_code == code,
            LedgerEntry.seq == seq,
            LedgerEntry.act != fold.REDACTED,
            SealedText.name == name,
            SealedText.salt.is_not(None),
        )
    ).first()
    if row is None:
        raise NotFound("unknown_record")
    return Sealed(row.entry_id, seq, row.act, name, row.text if audit.reads_texts(actor, kind) else None)


def redact(
    actor: Actor, kind: Kind, code: str, seq: int, name: str, reason: str, *, key: str | None = None
) -> None:
    """Take one text away for ever, with a reason.

    Raises:
        NotPermitted, NotFound: see `find`.
        BadInput: field `reason`.
    """
    reason = reason.strip()
    if not reason:
        raise BadInput("form_incomplete", {"reason": "reason_needed"})
    if wrong := problem(reason):
        raise BadInput("form_incomplete", {"reason": wrong})
    permit(actor, Permission.REDACT)

    def work(operation: Operation) -> dict[str, int]:
        operation.lock([(kind, code)])
        sealed = find(actor, kind, code, seq, name)
        _redact(operation, kind, code, sealed.entry, name, reason)
        return {"redacted": seq}

    perform(actor, key, {"act": fold.REDACTED, "code": code, "seq": seq, "name": name}, work)
    _forget_pages()


def _redact(operation: Operation, kind: Kind, code: str, entry: str, name: str, reason: str) -> None:
    def blank(said_by: str) -> None:
        row = {"entry_id": entry, "name": name, "redacted_by": said_by}
        operation.connection.execute(insert(Redaction), row)
        if operation.connection.dialect.name == "postgresql":
            operation.connection.execute(text("SELECT redact_sealed_text(:entry_id, :name)"), row)
        else:
            operation.connection.execute(
                update(SealedText)
                .where(SealedText.entry_id == entry, SealedText.name == name)
                .values(salt=None, text=None)
            )

    facts = {"redacted_entry": entry, "redacted_text": name}
    operation.append(kind, code, fold.REDACTED, facts=facts, sealed={"reason": reason}, written_first=blank)
    _keep_outside(entry, name)


def _keep_outside(entry: str, name: str) -> None:
    """Add a line to the list outside the database, safely on the disk before the transaction commits."""
    path = outside.folder() / FILE
    if (entry, name) in set(_kept_outside()):
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(json.dumps({"entry": entry, "name": name}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _kept_outside() -> Iterator[tuple[str, str]]:
    path = outside.folder() / FILE
    if not path.exists():
        return
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            said = json.loads(line)
            yield str(said["entry"]), str(said["name"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Refused("redactions_unreadable", file=str(path), line=number) from error


def _forget_pages() -> None:
    """SQLite: move what the log beside the file still holds into it, so that no page keeps the text.

    PostgreSQL frees its pages when the owner runs VACUUM; the application's role may not.
    """
    if db.engine.dialect.name == "sqlite":
        db.session.rollback()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # a checkpoint is made outside any transaction
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")


def replay() -> int:
    """Redact again what the list outside names and a backup brought back; return how many texts that were.

    Raises:
        Refused: `redactions_unreadable` with file and line.
    """
    again = 0
    for entry, name in _kept_outside():
        row = db.session.execute(
            select(LedgerEntry.subject_kind, LedgerEntry.subject_code)
            .join(SealedText, SealedText.entry_id == LedgerEntry.entry_id)
            .where(LedgerEntry.entry_id == entry, SealedText.name == name, SealedText.salt.is_not(None))
        ).first()
        if row is None:
            continue
        with writing(system_actor(), mode=Mode.SYSTEM) as operation:
            kind, code = Kind(row.subject_kind), row.subject_code
            _redact(operation, kind, code, entry, name, "redacted before the backup was put back")
        again += 1
    if again:
        _forget_pages()
    return again
