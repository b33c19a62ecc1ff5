"""Reading entries: what a subject's chain says, with the free texts that are still there and that may be read."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from specimens.domain.entry import Entry, read_entry
from specimens.domain.terms import Kind
from specimens.ledger import layout
from specimens.ledger.chain import COLUMNS
from specimens.ledger.layout import Body
from specimens.models.ledger import LedgerEntry, SealedText

_LEDGER: Table = LedgerEntry.__table__  # type: ignore[assignment]
_SEALED: Table = SealedText.__table__  # type: ignore[assignment]

_KIND, _CODE, _HAPPENED, _RECORDED = map(COLUMNS.index, ("kind", "code", "happened_at", "recorded_at"))
_NO_TEXTS: Mapping[str, str | None] = {}
#: Makes an entry of its fields, all of them, without counting them.
_entry: Callable[[tuple[Any, ...]], Entry] = partial(tuple.__new__, Entry)


def read(body: bytes, texts: Mapping[str, str | None]) -> Entry:
    """Return the entry that has just been written; *texts* are its sealed texts by name."""
    said = layout.read([body])
    return entry_of(said[0], layout.columns(said[0]), texts) if said else read_entry(body, texts)


def entry_of(said: Body, beside: tuple[Any, ...], texts: Mapping[str, str | None]) -> Entry:
    """Return an entry as the rules read it, from what its body says and what stands in the columns *beside* it.

    *texts* are the sealed texts that are there, by name.
    """
    reason, opened = None, _NO_TEXTS
    if said.sealed or said.reason is not None:
        names = list(said.sealed)
        if said.reason is not None:
            reason = said.reason.code
            if said.reason.sealed:
                names.append("reason")
        opened = {name: texts.get(name) for name in names}
    return _entry((
        said.id, said.operation, beside[_KIND], beside[_CODE], said.seq, said.act, said.study, beside[_HAPPENED],
        said.happened_by, said.offset, said.zone, beside[_RECORDED], said.actor, said.performed_by, said.site,
        said.station, said.mode, said.facts, said.replaces, reason, opened,
    ))  # fmt: skip


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
