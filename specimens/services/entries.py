"""Reading entries: what a subject's chain says, with the free texts that are still there and that may be read."""

from contextvars import ContextVar

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from specimens.domain.entry import Entry, read_entry
from specimens.domain.terms import Kind
from specimens.models.ledger import LedgerEntry, SealedText

_LEDGER: Table = LedgerEntry.__table__  # type: ignore[assignment]
_SEALED: Table = SealedText.__table__  # type: ignore[assignment]


def entries_of(session: Session, kind: Kind, code: str) -> list[Entry]:
    """Return the entries of one subject, oldest first, with the sealed texts that are still there."""
    rows = session.execute(
        select(_LEDGER.c.entry_id, _LEDGER.c.body)
        .where(_LEDGER.c.subject_kind == str(kind), _LEDGER.c.subject_code == code)
        .order_by(_LEDGER.c.seq)
    ).all()
    texts = sealed_texts(session, [row.entry_id for row in rows])
    return [read_entry(row.body, texts.get(row.entry_id)) for row in rows]


#: Acts whose texts stay open to everybody who sees the record: answers and groups are codes, and findings are the
#: auditor's own words and the site's reply to them.
_OPEN_TO_SEATS = frozenset(
    {
        "eligibility_answered", "enrolled", "finding_raised", "finding_answered", "finding_reopened",
        "finding_closed",
    }
)  # fmt: skip
_SEALED_AS: ContextVar[str | None] = ContextVar("sealed_as", default=None)


def seal_texts(word: str | None) -> None:
    """Put *word* in place of every sealed text that this request reads from now on; None: show them again."""
    _SEALED_AS.set(word)


def sealed_word() -> str | None:
    """Return what stands in the place of sealed texts in this request; None where they are simply left out."""
    return _SEALED_AS.get()


def sealed_texts(session: Session, entry_ids: list[str]) -> dict[str, dict[str, str | None]]:
    """Return entry id → name → text for the sealed texts of some entries; for a seat, only that there is one."""
    found = _texts(session, entry_ids)
    word = _SEALED_AS.get()
    if word is None or not found:
        return found
    open_acts = set(
        session.execute(
            select(_LEDGER.c.entry_id).where(_LEDGER.c.entry_id.in_(found), _LEDGER.c.act.in_(_OPEN_TO_SEATS))
        ).scalars()
    )
    return {
        entry: {
            name: text if text is None or (entry in open_acts and name != "reason") else word
            for name, text in texts.items()
        }
        for entry, texts in found.items()
    }


def _texts(session: Session, entry_ids: list[str]) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for start in range(0, len(entry_ids), 500):
        rows = session.execute(
            select(_SEALED.c.entry_id, _SEALED.c.name, _SEALED.c.text).where(
                _SEALED.c.entry_id.in_(entry_ids[start : start + 500])
            )
        )
        for row in rows:
            found.setdefault(row.entry_id, {})[row.name] = row.text
    return found
