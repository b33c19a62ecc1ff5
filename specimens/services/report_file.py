"""The file of a custody report: what it is made of, and how the ledger's proofs come into it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from specimens.documents.archive import Attached
from specimens.documents.canonical import custody_digest
from specimens.documents.custody import Laid, laid
from specimens.documents.custody_csv import custody_csv
from specimens.documents.custody_json import REDACTED, WITHHELD, Opened, Proven, custody_json, keys_digest
from specimens.documents.language import own
from specimens.documents.paper import Progress
from specimens.documents.records import CustodyReport, Integrity, Key
from specimens.domain.access import Actor
from specimens.domain.terms import Kind
from specimens.ledger.checkpoint import read
from specimens.ledger.entry import instant_text
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry, SealedText
from specimens.services import checkpoint
from specimens.services.report_facts import reads_texts

#: How many entries are read and proven at a time.
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Content:
    """What a report says, as SHA-256 (hex) of its canonical custody data and of its CSV twin; and who may sign it."""

    digest: str
    csv_digest: str
    keys: tuple[Key, ...]

    @property
    def keys_digest(self) -> str:
        """Return the SHA-256 (hex) of the list of keys."""
        return keys_digest(self.keys)


def content(told: CustodyReport) -> Content:
    """Return what a report says, before it has a number."""
    return Content(custody_digest(told), hashlib.sha256(custody_csv(told)).hexdigest(), _keys())


def shown(told: CustodyReport) -> Integrity:
    """Return what a report that is only shown says of its integrity: the newest checkpoint that there is."""
    digest = hashlib.sha256(custody_csv(told)).hexdigest()
    return Integrity(checkpoint.newest_note() or "", digest, public_keys())


def drawn(actor: Actor, told: CustodyReport, said: Content, progress: Progress | None) -> Laid:
    """Draw a report that is on record, with its data and their proofs inside; `bound` makes a file of it."""
    note = checkpoint.make()
    told = replace(told, integrity=Integrity(note, said.csv_digest, said.keys))
    words = own(told.header.language)
    signed = (line.number for line in told.signatures.given)
    numbers = sorted({*(event.number for event in told.events), *signed})
    [made] = _proven(actor, note, [_number_of(told.header.number)])
    bundle = custody_json(told, said.digest, made, _proven(actor, note, numbers))
    files = (
        Attached("custody.json", "application/json", "Data", words["custody_json"], bundle),
        Attached("custody.csv", "text/csv", "Alternative", words["custody_csv"], _table(told)),
    )
    return laid(told, progress, files, said.digest)


def _table(told: CustodyReport) -> Iterator[bytes]:
    """Yield the CSV twin when it is asked for, and not before: it is long."""
    yield custody_csv(told)


def _number_of(code: str) -> int:
    """Return the number of the entry that keeps a report on record."""
    return db.session.execute(
        select(LedgerEntry.id).where(
            LedgerEntry.subject_kind == str(Kind.REPORT),
            LedgerEntry.subject_code == code,
            LedgerEntry.seq == 1,
        )
    ).scalar_one()


def public_keys() -> tuple[Key, ...]:
    """Return the keys that sign or signed, and when."""
    return tuple(
        Key(
            each.vkey,
            instant_text(each.begun_at),
            None if each.retired_at is None else instant_text(each.retired_at),
        )
        for each in checkpoint.public_keys()
    )


def _keys() -> tuple[Key, ...]:
    """Return the keys before a report is put on record: its entry names them, so there has to be one."""
    if not (found := public_keys()):
        checkpoint.make()
        found = public_keys()
    return found


def _proven(actor: Actor, note: str, numbers: Sequence[int]) -> Iterator[Proven]:
    """Yield entries by number, each with its proof up to a checkpoint, and its texts as this person may read them."""
    size = read(note)[0].size
    reads = reads_texts(actor)
    for start in range(0, len(numbers), _CHUNK):
        rows = db.session.execute(
            select(LedgerEntry.entry_id, LedgerEntry.body)
            .where(LedgerEntry.id.in_(numbers[start : start + _CHUNK]))
            .order_by(LedgerEntry.id)
        ).all()
        names = [row.entry_id for row in rows]
        placed, texts = checkpoint.proofs_for(names, size), _texts(names, reads=reads)
        for row in rows:
            at = placed[row.entry_id]
            yield Proven(row.body, at.index, at.path, texts.get(row.entry_id, {}))


def _texts(entry_ids: list[str], *, reads: bool) -> dict[str, dict[str, Opened | str]]:
    found: dict[str, dict[str, Opened | str]] = {}
    rows = db.session.execute(
        select(SealedText.entry_id, SealedText.name, SealedText.salt, SealedText.text).where(
            SealedText.entry_id.in_(entry_ids)
        )
    )
    for row in rows:
        told: Opened | str = REDACTED
        if row.text is not None:
            told = Opened(row.salt, row.text) if reads else WITHHELD
        found.setdefault(row.entry_id, {})[row.name] = told
    return found
